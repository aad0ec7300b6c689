using System.Globalization;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>The room's answers to refused commands. Clients see the messages.</summary>
internal static class Refusals
{
    public static readonly Done Done = new();
    public static readonly Refused NoRoom = new(Refusal.NotFound, "there is no such room");
    public static readonly Refused NoMessage = new(Refusal.NotFound, "there is no such message in this room");
    public static readonly Refused NotMember = new(Refusal.NotMember, "join the room first");
    public static readonly Refused NotYours = new(Refusal.Forbidden, "this conversation belongs to two other people");
    public static readonly Refused NotAuthor = new(Refusal.Forbidden, "you may not change another user's message");
    public static readonly Refused ServerKind = new(Refusal.Forbidden, "only the server writes events of this kind");
    public static readonly Refused NotStorable =
        new(Refusal.Forbidden, "the message log cannot store this text or name; change it");
    public static readonly Refused OtherKind = new(Refusal.Conflict, "the room is of another kind");
    public static readonly Refused OtherBody =
        new(Refusal.Conflict, "this id was already sent with another body; use a new id");
    public static readonly Refused Gone = new(Refusal.Gone, "the message was deleted");
    public static readonly Refused Full = new(Refusal.RoomFull, "the room is full");
    public static readonly Refused Banned = new(Refusal.Forbidden, "you are banned from this room");
    public static readonly Refused Denied = new(Refusal.Forbidden, "this server does not allow you to do this in this room");
    public static readonly Refused OnlyGroups = new(Refusal.Forbidden, "this works only in groups");
    public static readonly Refused NotAllowed = new(Refusal.Forbidden, "this group does not allow your role to do this");
    public static readonly Refused NotEveryone =
        new(Refusal.Forbidden, "only users with the right to moderate may mention @everyone; mention the users by their ids");
    public static readonly Refused EveryoneInDirect =
        new(Refusal.Forbidden, "@everyone does not work in a direct conversation; mention the other user's id");
    public static readonly Refused OnlyChannels =
        new(Refusal.Forbidden, "only channels can be followed; your groups and direct conversations are in your list already");
    public static readonly Refused NoReaders =
        new(Refusal.Forbidden, "a channel has no members, so nobody can say who has read a message");
    public static readonly Refused BlockedByOther = new(Refusal.Forbidden, "this user does not accept your messages");
    public static readonly Refused BlockedByYou = new(Refusal.Forbidden, "you have blocked this user; unblock the user first");
    public static readonly Refused TargetBlocksYou = new(Refusal.Forbidden, "this user does not accept invitations from you");
    public static readonly Refused NotModerator = new(Refusal.Forbidden, "only users who may moderate this room may do this");
    public static readonly Refused OwnMessage = new(Refusal.Forbidden, "you cannot report your own message");
    public static readonly Refused TooManyReports =
        new(Refusal.RoomFull, "this room has too many reports; they must be dismissed before you can report another message");
    public static readonly Refused OwnersOnly = new(Refusal.Forbidden, "only owners may change roles");
    public static readonly Refused OwnersOnlySettings = new(Refusal.Forbidden, "only owners may change the settings");
    public static readonly Refused ByInvitation =
        new(Refusal.Forbidden, "the group is private: ask a member for an invitation");
    public static readonly Refused AlwaysPrivate =
        new(Refusal.Forbidden, "a group whose name the server chose is always private; send private as true, or leave it out");
    public static readonly Refused NotLower = new(Refusal.Forbidden, "you may do this only to a user of a lower role");
    public static readonly Refused LastOwner = new(Refusal.Forbidden, "make another member an owner first");
    public static readonly Refused AlreadyMember = new(Refusal.Forbidden, "this user is already a member");
    public static readonly Refused TargetBanned = new(Refusal.Forbidden, "this user is banned; lift the ban first");
    public static readonly Refused TargetNoMember = new(Refusal.NotFound, "this user is not a member");
    public static readonly Refused TargetNotBanned = new(Refusal.NotFound, "this user is not banned");
    public static readonly Refused TargetNotMuted = new(Refusal.NotFound, "this user is not muted");
    public static readonly Refused NoLink = new(Refusal.NotFound, "there is no such link in this group");
    public static readonly Refused LinkOfOther =
        new(Refusal.Forbidden, "only the user who made the link, or a moderator or owner with a higher role than this user, may end it");
    public static readonly Refused LinkNotValid = new(Refusal.Forbidden, "the link is not valid any more: ask for a new one");
    public static readonly Refused CodeTaken = new(Refusal.Conflict, "a link of this group already has this code; make a new code");
    public static readonly Refused TooManyLinks =
        new(Refusal.RoomFull, "this group has too many links that have not ended; end one with unlink first");
    public static readonly Refused NotPinned = new(Refusal.NotFound, "this message is not pinned");
    public static readonly Refused TooManyPins =
        new(Refusal.RoomFull, $"this room has {PinRules.MaxPins} pinned messages already; unpin one first");
    public static readonly Refused Malformed =
        new(Refusal.Forbidden, "an event of this kind needs other fields; see the protocol");
    public static readonly Refused TooManyInvited =
        new(Refusal.RoomFull, "too many users are invited to this group; withdraw an invitation with kick first");
    public static readonly Refused TooManyRestricted =
        new(Refusal.RoomFull, "too many users are banned or muted in this group; lift a ban or mute first");
    public static readonly Refused TooManyGroups = new(Refusal.RoomFull, "you are a member of too many groups; leave a group first");
    public static readonly Refused TargetUnavailable = new(Refusal.RoomFull, "this user cannot be invited at the moment");
    public static readonly Refused GatewayExpired =
        new(Refusal.GatewayExpired, "the gateway's lease has ended; connect again", 1000);

    public static Refused TooManyRooms(TimeSpan wait) => RateLimited("you have created too many rooms; try again later", wait);

    /// <param name="wait">Milliseconds.</param>
    public static Refused SlowMode(int seconds, long wait) => RateLimited(
        $"slow mode is on in this group: you may send one message every {seconds} s", TimeSpan.FromMilliseconds(wait));

    public static Refused TooManyInvites(TimeSpan wait) => RateLimited("you have invited too many users; try again later", wait);

    public static Refused TooManyJoins(TimeSpan wait) => RateLimited("you have joined too many groups; try again later", wait);

    public static Refused TooManyReported(TimeSpan wait) => RateLimited("you have reported too many messages; try again later", wait);

    public static readonly Refused BlockNotComplete =
        new(Refusal.Unavailable, "the change is not complete yet; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused UserAway =
        new(Refusal.Unavailable, "your account cannot be reached; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused MessageLogUnavailable =
        new(Refusal.Unavailable, "the message log cannot be reached; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused NoDecision =
        new(Refusal.Unavailable, "the server cannot decide now whether you may do this; try again", RoomOptions.DecisionRetryMs);

    public static readonly Refused NeedsUpgrade =
        new(Refusal.Unavailable, "this needs every process of the cluster to be upgraded first; try again later", RoomOptions.UpgradeRetryMs);

    public static readonly Refused TooManyWait =
        new(Refusal.Unavailable, "too many messages are waiting in this room; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused Moving =
        new(Refusal.Unavailable, "the room is moving to another server; try again", RoomOptions.MoveRetryMs);

    /// <summary>
    /// For a user who is invited and has not joined. The message is the title of the group, or empty if it has none.
    /// </summary>
    public static Refused Invited(string? title) => new(Refusal.Invited, title ?? "");

    /// <param name="until">Milliseconds since 1970 UTC. A time after the year 9999 is not shown.</param>
    public static Refused Muted(long until) => new(
        Refusal.Muted,
        until > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? "you are muted in this room"
            : string.Create(CultureInfo.InvariantCulture, $"you are muted in this room until {DateTimeOffset.FromUnixTimeMilliseconds(until):u}"));

    private static Refused RateLimited(string message, TimeSpan wait)
        => new(Refusal.RateLimited, message, (int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalMilliseconds)));
}
