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
    public static readonly Refused GatewayExpired =
        new(Refusal.GatewayExpired, "the gateway's lease has ended; connect again", 1000);

    public static Refused TooManyRooms(TimeSpan wait)
        => new(Refusal.RateLimited, "you have created too many rooms; try again later", (int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalMilliseconds)));

    public static readonly Refused UserAway =
        new(Refusal.Unavailable, "your account cannot be reached; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused MessageLogUnavailable =
        new(Refusal.Unavailable, "the message log cannot be reached; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused TooManyWait =
        new(Refusal.Unavailable, "too many messages are waiting in this room; try again", RoomOptions.MessageLogRetryMs);

    public static readonly Refused Moving =
        new(Refusal.Unavailable, "the room is moving to another server; try again", RoomOptions.MoveRetryMs);
}
