using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// The one place where what grains say becomes what clients read. The two families stay apart: browsers and rolling upgrades change
/// for different reasons.
/// </summary>
internal static class Frames
{
    /// <summary>
    /// An event as a viewer sees it; null where it is of a kind that this gateway does not know yet, in the middle of an upgrade: nothing is
    /// shown of it, and the cursor moves past it.
    /// </summary>
    /// <param name="own">True for the sender's own connections, which get the client id back.</param>
    public static ChatEvent? Event(RoomEvent happened, string room, bool own) => Kind(happened.Kind) is not { } kind ? null : new(
        room, happened.Seq, null, happened.Ts, happened.From, kind, happened.Text, happened.Ref, happened.Reply, happened.Meta,
        own ? happened.ClientId : null, happened.Edited);

    /// <summary>The word for a kind of room.</summary>
    public static string Kind(RoomKind kind) => kind switch
    {
        RoomKind.Channel => "channel",
        RoomKind.Group => "group",
        RoomKind.Direct => "direct",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The kind of room that a word asks for; null for none.</summary>
    public static RoomKind? KindOf(string? word) => word switch
    {
        "channel" => RoomKind.Channel,
        "group" => RoomKind.Group,
        _ => null,
    };

    /// <summary>What a client sends, to the room.</summary>
    public static Post Post(Send send, string user) => new(user, send.Id!, Kind(send.Kind), send.Text, send.Ref, send.Reply, send.Meta);

    /// <summary>Why something was not done.</summary>
    public static Err Error(string? id, Refusal reason, string message, int? retry) => new(id, reason switch
    {
        Refusal.NotFound => ErrorCode.NotFound,
        Refusal.NotMember => ErrorCode.NotMember,
        Refusal.Forbidden => ErrorCode.Forbidden,
        Refusal.Conflict => ErrorCode.Conflict,
        Refusal.Gone => ErrorCode.Gone,
        Refusal.RoomFull => ErrorCode.RoomFull,
        Refusal.Unavailable or Refusal.GatewayExpired => ErrorCode.Unavailable,
        Refusal.Timeout => ErrorCode.Timeout,
        _ => ErrorCode.Internal,
    }, message, retry);

    /// <summary>The same for a refusal that comes without words.</summary>
    public static Err Error(string? id, Refusal reason) => reason switch
    {
        Refusal.NotFound => Error(id, reason, "there is no such room", null),
        Refusal.NotMember => Error(id, reason, "join the room first", null),
        Refusal.Forbidden => Error(id, reason, "this room is not yours to read", null),
        Refusal.Unavailable => Error(id, reason, "the room cannot be reached just now", 1000),
        _ => Error(id, reason, "not done", null),
    };

    private static EventKind? Kind(RoomEventKind kind) => kind switch
    {
        RoomEventKind.Msg => EventKind.Msg,
        RoomEventKind.Edit => EventKind.Edit,
        RoomEventKind.Delete => EventKind.Delete,
        RoomEventKind.React => EventKind.React,
        RoomEventKind.Unreact => EventKind.Unreact,
        RoomEventKind.Join => EventKind.Join,
        RoomEventKind.Leave => EventKind.Leave,
        _ => null,
    };

    private static RoomEventKind Kind(EventKind kind) => kind switch
    {
        EventKind.Msg => RoomEventKind.Msg,
        EventKind.Edit => RoomEventKind.Edit,
        EventKind.Delete => RoomEventKind.Delete,
        EventKind.React => RoomEventKind.React,
        EventKind.Unreact => RoomEventKind.Unreact,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "clients send no such event"),
    };
}
