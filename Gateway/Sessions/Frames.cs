using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Maps events, kinds and refusals of grains to those of the protocol, and sends to posts. The two families of types
/// stay separate, because they change for different reasons: the protocol with its clients, the grains' records with
/// rolling upgrades. The sender of any other frame creates it.
/// </summary>
internal static class Frames
{
    /// <summary>
    /// An event as a viewer sees it. Returns null for a kind that this gateway does not know yet, which happens during
    /// a rolling upgrade: nothing is shown, and the cursor moves past it.
    /// </summary>
    /// <param name="own">True for the sender's own connections, which get the client id.</param>
    public static ChatEvent? Event(RoomEvent happened, string room, bool own) => Kind(happened.Kind) is not { } kind ? null : new(
        room, happened.Seq, null, happened.Ts, happened.From, kind, happened.Text, happened.Ref, happened.Reply, happened.Meta,
        own ? happened.ClientId : null, happened.Edited);

    public static string Kind(RoomKind kind) => kind switch
    {
        RoomKind.Channel => "channel",
        RoomKind.Group => "group",
        RoomKind.Direct => "direct",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The kind of room with this word; null if there is none, or if a client may not ask for it.</summary>
    public static RoomKind? ParseKind(string? word) => word switch
    {
        "channel" => RoomKind.Channel,
        "group" => RoomKind.Group,
        _ => null,
    };

    /// <summary>A client's send as a post to the room.</summary>
    public static Post Post(Send send, string user) => new(user, send.Id!, Kind(send.Kind), send.Text, send.Ref, send.Reply, send.Meta);

    /// <summary>The error for a refusal.</summary>
    public static Err Error(string? id, Refusal reason, string message, int? retry) => new(id, reason switch
    {
        Refusal.NotFound => ChatErrorCode.NotFound,
        Refusal.NotMember => ChatErrorCode.NotMember,
        Refusal.Forbidden => ChatErrorCode.Forbidden,
        Refusal.Conflict => ChatErrorCode.Conflict,
        Refusal.Gone => ChatErrorCode.Gone,
        Refusal.RoomFull => ChatErrorCode.RoomFull,
        Refusal.Unavailable or Refusal.GatewayExpired => ChatErrorCode.Unavailable,
        Refusal.Timeout => ChatErrorCode.Timeout,
        Refusal.RateLimited => ChatErrorCode.RateLimited,
        _ => ChatErrorCode.Internal,
    }, message, retry);

    /// <summary>The error for a refusal that has no message.</summary>
    public static Err Error(string? id, Refusal reason) => reason switch
    {
        Refusal.NotFound => Error(id, reason, "there is no such room", null),
        Refusal.NotMember => Error(id, reason, "join the room first", null),
        Refusal.Forbidden => Error(id, reason, "you may not read this room", null),
        Refusal.Unavailable => Error(id, reason, "the room cannot be reached at the moment", 1000),
        _ => Error(id, reason, "the room refused this", null),
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
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "clients cannot send this kind of event"),
    };
}
