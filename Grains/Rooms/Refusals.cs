using System.Globalization;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>The room's answers to refused commands. Clients see the messages.</summary>
internal static class Refusals
{
    public static readonly Done Done = new();
    public static readonly Refused NoRoom = new(Refusal.NotFound, "there is no such room");
    public static readonly Refused NoMessage = new(Refusal.NotFound, "there is no such message in this room");
    public static readonly Refused NotMember = new(Refusal.NotMember, "join the room first");
    public static readonly Refused NotYours = new(Refusal.Forbidden, "this conversation belongs to two other people");
    public static readonly Refused NotAuthor = new(Refusal.Forbidden, "only the author may edit or delete a message");
    public static readonly Refused ServerKind = new(Refusal.Forbidden, "only the server writes events of this kind");
    public static readonly Refused NotStorable =
        new(Refusal.Forbidden, "the message log cannot store this text or name; change it");
    public static readonly Refused OtherKind = new(Refusal.Conflict, "the room is of another kind");
    public static readonly Refused OtherBody =
        new(Refusal.Conflict, "this id was already sent with another body; use a new id");
    public static readonly Refused Gone = new(Refusal.Gone, "the message was deleted");
    public static readonly Refused Full = new(Refusal.RoomFull, "the room is full");
    public static readonly Refused Banned = new(Refusal.Forbidden, "you are banned from this room");
    public static readonly Refused OnlyGroups = new(Refusal.Forbidden, "only groups have members");
    public static readonly Refused OnlyChannels =
        new(Refusal.Forbidden, "only channels can be followed; your groups and direct conversations are in your list already");
    public static readonly Refused ModeratorsOnly = new(Refusal.Forbidden, "only owners and moderators may do this");
    public static readonly Refused OwnersOnly = new(Refusal.Forbidden, "only owners may change roles");
    public static readonly Refused NotLower = new(Refusal.Forbidden, "you may do this only to a user of a lower role");
    public static readonly Refused LastOwner = new(Refusal.Forbidden, "make another member an owner first");
    public static readonly Refused AlreadyMember = new(Refusal.Forbidden, "this user is already a member");
    public static readonly Refused TargetBanned = new(Refusal.Forbidden, "this user is banned; lift the ban first");
    public static readonly Refused TargetNoMember = new(Refusal.NotFound, "this user is not a member");
    public static readonly Refused TargetNotBanned = new(Refusal.NotFound, "this user is not banned");
    public static readonly Refused TargetNotMuted = new(Refusal.NotFound, "this user is not muted");
    public static readonly Refused Malformed =
        new(Refusal.Forbidden, "an event of this kind needs other fields; see the protocol");
    public static readonly Refused TooManyInvited =
        new(Refusal.RoomFull, "too many users are invited to this group; withdraw an invitation with kick first");
    public static readonly Refused TooManyRestricted =
        new(Refusal.RoomFull, "too many users are banned or muted in this group; lift a ban or mute first");
    public static readonly Refused GatewayExpired =
        new(Refusal.GatewayExpired, "the gateway's lease has ended; connect again", 1000);

    public static Refused TooManyRooms(TimeSpan wait)
        => new(Refusal.RateLimited, "you have created too many rooms; try again later", (int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalMilliseconds)));

    public static readonly Refused UserAway =
        new(Refusal.Unavailable, "your account cannot be reached; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused MessageLogUnavailable =
        new(Refusal.Unavailable, "the message log cannot be reached; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused NeedsUpgrade =
        new(Refusal.Unavailable, "this needs every process of the cluster to be upgraded first; try again later", RoomOptions.UpgradeRetryMs);

    public static readonly Refused TooManyWait =
        new(Refusal.Unavailable, "too many messages are waiting in this room; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused Moving =
        new(Refusal.Unavailable, "the room is moving to another server; try again", RoomOptions.MoveRetryMs);

    /// <summary>
    /// For a user who is invited and has not joined. The message is the group's title, if it has one.
    /// </summary>
    public static Refused Invited(string? title) => new(Refusal.Invited, title ?? "");

    /// <param name="until">Milliseconds since 1970 UTC. A time after the year 9999 is not shown.</param>
    public static Refused Muted(long until) => new(
        Refusal.Muted,
        until > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? "you are muted in this room"
            : string.Create(CultureInfo.InvariantCulture, $"you are muted in this room until {DateTimeOffset.FromUnixTimeMilliseconds(until):u}"));
}
