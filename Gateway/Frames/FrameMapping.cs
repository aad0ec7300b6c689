using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>
/// Maps the grains' records to frames of the protocol, and <c>send</c> commands to the grains' records. No other file
/// makes frames from grain records. The two families of types stay separate, because they change for different reasons:
/// clients limit changes of the protocol, and rolling upgrades limit changes of the grains' records.
/// </summary>
internal static class FrameMapping
{
    /// <summary>The answer to a join.</summary>
    /// <param name="room">The room, as the viewer names it.</param>
    /// <param name="after">The sequence after which events follow.</param>
    /// <param name="reset">True if the cursor of the join is not valid in this room.</param>
    public static Joined Joined(string? id, string room, Entered entered, long after, bool reset) => new(
        id, room, Kind(entered.Kind), entered.Seq, entered.Epoch, after, entered.Read, entered.Unread, entered.Count, reset);

    /// <summary>
    /// An event as a viewer sees it. During a rolling upgrade a newer silo may write a kind that this gateway does not
    /// know. Such an event is sent without its content, because this gateway does not know which users may see the
    /// content.
    /// </summary>
    /// <param name="own">True for the sender's own connections, which get the client id.</param>
    public static ChatEvent Event(RoomEvent happened, string room, bool own)
    {
        var (kind, id) = (Kind(happened.Kind), own ? happened.ClientId : null);
        return kind == EventKind.Other
            ? new(room, happened.Seq, happened.Ts, happened.From, kind, null, null, null, null, id, false)
            : new(room, happened.Seq, happened.Ts, happened.From, kind, happened.Text, happened.Ref, happened.Reply, happened.Meta, id, happened.Edited);
    }

    private static string Kind(RoomKind kind) => kind switch
    {
        RoomKind.Channel => "channel",
        RoomKind.Group => "group",
        RoomKind.Direct => "direct",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>
    /// The kind of room with this word; null if there is no such kind, or if a client may not request it.
    /// </summary>
    public static RoomKind? ParseKind(string? word) => word switch
    {
        "channel" => RoomKind.Channel,
        "group" => RoomKind.Group,
        _ => null,
    };

    /// <summary>A client's <c>send</c> command as a post to the room.</summary>
    public static Post Post(Send send, string user) => new(user, send.Id!, Kind(send.Kind), send.Text, send.Ref, send.Reply, send.Meta);

    public static ServerFrame Answer(Send send, RoomReply reply) =>
        reply is Posted posted ? new Ok(send.Id, send.Room, posted.Seq, posted.Ts, posted.Duplicate, null) : Error(send.Id, reply);

    public static ServerFrame Answer(Leave leave, RoomReply reply) =>
        reply is Done ? new Ok(leave.Id, leave.Room, null, null, false, null) : Error(leave.Id, reply);

    public static ServerFrame Answer(Who who, PresenceSnapshot snapshot) =>
        snapshot.Refusal is { } refusal ? Error(who.Id, refusal) : new WhoIs(who.Id, who.Room, snapshot.Count, snapshot.Users);

    /// <param name="nameOf">Returns the name by which the user knows the room with a key.</param>
    public static ConversationList Answer(Conversations list, ConversationPage page, Func<string, string> nameOf) => new(
        list.Id, [.. page.Conversations.Select(one => new ConversationEntry(nameOf(one.Room), Kind(one.Kind), one.Seq, one.Ts, one.Read, one.Unread))], page.More);

    /// <summary>The answer to a history command: a page as a viewer sees it, or the error.</summary>
    public static ServerFrame Answer(History history, HistoryPage page, string user)
    {
        if (page.Refusal is { } refusal)
        {
            return Error(history.Id, refusal);
        }

        var events = page.Events;
        var (first, last) = events.Length == 0 ? (0L, 0L) : (events[0].Seq, events[^1].Seq);
        var more = history.After is null ? first > 1 : last > 0 && last < page.Head;
        return new Page(
            history.Id, history.Room, [.. events.Select(happened => Event(happened, history.Room, happened.From == user))], first, last, more);
    }

    /// <summary>The frames of a presence update. Each frame is created for the viewer's name of the room.</summary>
    public static IEnumerable<Func<string, ServerFrame>> Presence(RoomPresence update)
    {
        foreach (var user in update.Departed)
        {
            yield return room => new Presence(room, user, false, update.Count);
        }

        foreach (var user in update.Arrived)
        {
            yield return room => new Presence(room, user, true, update.Count);
        }

        if (update is { Arrived.Length: 0, Departed.Length: 0 })
        {
            yield return room => new Presence(room, null, null, update.Count);
        }
    }

    /// <summary>The frame of a user who is typing, for the viewer's name of the room.</summary>
    public static Func<string, ServerFrame> Typing(RoomTyping typing) => room => new TypingNow(room, typing.User);

    /// <summary>The frame of a read mark, for the viewer's name of the room.</summary>
    public static Func<string, ServerFrame> Mark(RoomMark mark) => room => new MarkMoved(room, mark.User, mark.Read);

    /// <summary>The error for a refusal, or for a reply of an unexpected type.</summary>
    public static Err Error(string? id, RoomReply reply) => reply is Refused refused
        ? Error(id, refused.Reason, refused.Message, refused.RetryMs)
        : new(id, ChatErrorCode.Internal, "the room returned an unexpected reply", null);

    private static Err Error(string? id, Refusal reason, string message, int? retry) => new(id, reason switch
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

    private static EventKind Kind(RoomEventKind kind) => kind switch
    {
        RoomEventKind.Msg => EventKind.Msg,
        RoomEventKind.Edit => EventKind.Edit,
        RoomEventKind.Delete => EventKind.Delete,
        RoomEventKind.React => EventKind.React,
        RoomEventKind.Unreact => EventKind.Unreact,
        RoomEventKind.Join => EventKind.Join,
        RoomEventKind.Leave => EventKind.Leave,
        _ => EventKind.Other,
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
