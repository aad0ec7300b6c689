using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>The room's refusals that never differ, each said once.</summary>
internal static class Refusals
{
    public static readonly Done Done = new();
    public static readonly Refused NoRoom = new(Refusal.NotFound, "There is no such room.");
    public static readonly Refused NoMessage = new(Refusal.NotFound, "There is no such message in this room.");
    public static readonly Refused NotMember = new(Refusal.NotMember, "Join the room first.");
    public static readonly Refused NotYours = new(Refusal.Forbidden, "This conversation belongs to two other people.");
    public static readonly Refused NotAuthor = new(Refusal.Forbidden, "Only its author may do that.");
    public static readonly Refused ServerKind = new(Refusal.Forbidden, "Only the server writes events of this kind.");
    public static readonly Refused NotStorable = new(Refusal.Forbidden, "It holds a character that cannot be stored.");
    public static readonly Refused OtherKind = new(Refusal.Conflict, "The room is of another kind.");
    public static readonly Refused OtherBody = new(Refusal.Conflict, "This id was sent before with another body.");
    public static readonly Refused Gone = new(Refusal.Gone, "The message was deleted.");
    public static readonly Refused Full = new(Refusal.RoomFull, "The room is full.");
    public static readonly Refused GatewayExpired = new(Refusal.GatewayExpired, "The gateway's lease is over.", 1000);

    public static Refused LogAway(RoomOptions options) => new(Refusal.Unavailable, "The message log cannot be reached.", options.LogRetryMs);

    public static Refused TooManyWait(RoomOptions options) => new(Refusal.Unavailable, "Too many messages wait in this room.", options.LogRetryMs);

    public static Refused Moving(RoomOptions options) => new(Refusal.Unavailable, "The room is moving.", options.MoveRetryMs);
}
