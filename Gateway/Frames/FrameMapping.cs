using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>
/// Maps the grains' records to frames of the protocol, and <c>send</c> commands to the grains' records. No other class
/// makes frames from grain records. Comments call the user who gets a frame the viewer. Frames and records are separate
/// types, because different rules limit their changes: existing clients must understand the frames, and processes of
/// the previous version must understand the records.
/// </summary>
internal static partial class FrameMapping
{
    /// <summary>Makes the answer to a join.</summary>
    /// <param name="room">The viewer's name for the room.</param>
    /// <param name="after">The sequence after which the client gets events.</param>
    /// <param name="reset">True if the cursor of the join is not valid in this room.</param>
    public static Joined Joined(string? id, string room, Entered entered, long after, bool reset) => new(
        id, room, Kind(entered.Kind), entered.Seq, entered.Epoch, after, entered.Read, entered.Unread, entered.Count, reset, Role(entered.Role),
        entered.Title, entered.Settings is { } settings ? Settings(settings) : null, Mentions(entered.Mentions), entered.UnreadMore);

    /// <summary>
    /// Makes the frame of an event for one viewer. During a rolling upgrade, a newer silo may append a kind of event
    /// that this gateway does not know. The frame of such an event has no content, because this gateway does not know
    /// which users may see the content.
    /// </summary>
    /// <param name="room">The viewer's name for the room.</param>
    /// <param name="own">True for the sender's own connections, which get the client id.</param>
    public static ChatEvent Event(RoomEvent happened, string room, bool own)
    {
        var (kind, id) = (Kind(happened.Kind), own ? happened.ClientId : null);
        if (MemberChange.Is(happened.Kind))
        {
            var change = MemberChange.Parse(happened.Kind, happened.Text, happened.Meta);
            return new(
                room, happened.Seq, happened.Ts, happened.From, kind, null, null, null, null, id, false, change?.User,
                change?.Role is { } role ? Role(role) : null, change?.Until is { } until and < MemberChange.Forever ? until : null);
        }

        if (happened.Kind == RoomEventKind.Settings)
        {
            return new(
                room, happened.Seq, happened.Ts, happened.From, kind, null, null, null, null, id, false,
                Settings: RoomSettings.Parse(happened.Meta) is { } settings ? Settings(settings) : null);
        }

        if (happened.Kind == RoomEventKind.Link)
        {
            // Do not send the hash of the code: clients do not need it.
            var terms = LinkTerms.Parse(happened.Meta);
            return new(
                room, happened.Seq, happened.Ts, happened.From, kind, null, null, null, null, id, false, Until: terms?.Until, Uses: terms?.Uses);
        }

        return kind == EventKind.Other
            ? new(room, happened.Seq, happened.Ts, happened.From, kind, null, null, null, null, id, false)
            : new(room, happened.Seq, happened.Ts, happened.From, kind, happened.Text, happened.Ref, happened.Reply, happened.Meta, id, happened.Edited,
                Replies: happened.Replies > 0 ? happened.Replies : null,
                Mentions: happened.Mentions is null ? null : MentionList.Names(happened.Mentions));
    }

    /// <summary>Returns null for 0, so that the frame leaves the number of mentions out.</summary>
    private static long? Mentions(long count) => count > 0 ? count : null;

    private static string Kind(RoomKind kind) => kind switch
    {
        RoomKind.Channel => "channel",
        RoomKind.Group => "group",
        RoomKind.Direct => "direct",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>
    /// Returns the kind of room that this word names, or null if there is no such kind or a client may not request it.
    /// </summary>
    public static RoomKind? ParseKind(string? word) => word switch
    {
        "channel" => RoomKind.Channel,
        "group" => RoomKind.Group,
        _ => null,
    };

    /// <summary>Makes a post to the room from a client's <c>send</c> command.</summary>
    /// <param name="claimed">The actions that the user's token grants in the room.</param>
    public static Post Post(Send send, string user, RoomAction claimed)
    {
        if (send.Settings is { } settings)
        {
            return new(user, send.Id!, Kind(send.Kind), null, null, null, Settings(settings, send.Room).ToMeta()) { Claimed = claimed };
        }

        if (send.Code is { } code)
        {
            var terms = new LinkTerms(LinkTerms.HashOf(code), send.Uses, send.Until);
            return new(user, send.Id!, Kind(send.Kind), null, null, null, terms.ToMeta()) { Claimed = claimed };
        }

        if (send.User is not { } changed)
        {
            return new(user, send.Id!, Kind(send.Kind), send.Text, send.Ref, send.Reply, send.Meta, MentionList.Create(send.Mentions)) { Claimed = claimed };
        }

        var change = new MemberChange(changed, send.Role is { } role ? Role(role) : null, send.Until);
        return new(user, send.Id!, Kind(send.Kind), change.User, null, null, change.ToMeta()) { Claimed = claimed };
    }

    /// <summary>
    /// Makes the post that sets the first title of a group. The sender is the user who creates the group.
    /// </summary>
    public static Post FirstTitle(string title, string user, RoomAction claimed) =>
        new(user, "title", RoomEventKind.Title, title, null, null, null) { Claimed = claimed };

    public static ServerFrame Answer(Send send, RoomReply reply) =>
        reply is Posted posted ? new Ok(send.Id, send.Room, posted.Seq, posted.Ts, posted.Duplicate, null) : Error(send.Id, reply);

    public static ServerFrame Answer(Leave leave, RoomReply reply) =>
        reply is Done ? new Ok(leave.Id, leave.Room, null, null, false, null) : Error(leave.Id, reply);

    public static ServerFrame Answer(Who who, PresenceSnapshot snapshot) =>
        snapshot.Refusal is { } refusal ? Error(who.Id, refusal) : new WhoIs(who.Id, who.Room, snapshot.Count, snapshot.Users);

    /// <summary>Makes the answer to a <c>members</c> command: a page of members, or an error.</summary>
    /// <param name="now">The time in milliseconds since 1970 UTC. Mutes and bans that have ended are left out.</param>
    public static ServerFrame Answer(Members members, MemberPage page, long now) => page.Refusal is { } refusal
        ? Error(members.Id, refusal)
        : new MemberList(
            members.Id, members.Room,
            [.. page.Members.Select(one => new MemberEntry(one.User, Role(one.Role), Until(one.MutedUntil, now), Until(one.BannedUntil, now)))], page.More);

    /// <summary>
    /// If the room refused a command because the user is invited and has not joined yet, returns the <c>invited</c>
    /// frame. Returns null for any other reply.
    /// </summary>
    /// <param name="room">The viewer's name for the room.</param>
    public static Invited? Invited(string room, RoomReply reply) => reply is Refused { Reason: Refusal.Invited } refused
        ? new(room, refused.Message.Length > 0 ? refused.Message : null)
        : null;

    private const string NoChanges = "only users who may moderate the group may read its changes";

    /// <summary>Makes the answer to a <c>history</c> command: a page of events, or an error.</summary>
    /// <param name="user">The viewer.</param>
    public static ServerFrame Answer(History history, HistoryPage page, string user)
    {
        if (page.Refusal is { } refusal)
        {
            return history.Changes && refusal == Refusal.Forbidden ? new Err(history.Id, ChatErrorCode.Forbidden, NoChanges, null) : Error(history.Id, refusal);
        }

        var events = page.Events;
        var (first, last) = events.Length == 0 ? (0L, 0L) : (events[0].Seq, events[^1].Seq);
        var more = history.Thread is not null || history.Pinned || history.Changes ? page.More : history.After is null ? first > 1 : last > 0 && last < page.Head;
        return new Page(
            history.Id, history.Room, [.. events.Select(happened => Event(happened, history.Room, happened.From == user))], first, last, more);
    }

    /// <summary>
    /// Returns functions that make the frames of a presence update, one function for each frame. The argument of a
    /// function is the viewer's name for the room.
    /// </summary>
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

    /// <summary>
    /// Makes the <c>left</c> frame for the event that ended the viewer's subscription. Returns null if the viewer was
    /// neither kicked nor banned.
    /// </summary>
    /// <param name="room">The viewer's name for the room.</param>
    public static Left? Left(RoomEvent ended, string room) => ended.Kind switch
    {
        RoomEventKind.Kick => new(room, "kicked"),
        RoomEventKind.Ban => new(room, "banned"),
        _ => null,
    };

    /// <summary>
    /// Returns a function that makes the frame for a user who is typing. The argument of the function is the viewer's
    /// name for the room.
    /// </summary>
    public static Func<string, ServerFrame> Typing(RoomTyping typing) => room => new TypingNow(room, typing.User);

    /// <summary>
    /// Returns a function that makes the frame for a read mark. The argument of the function is the viewer's name for
    /// the room.
    /// </summary>
    public static Func<string, ServerFrame> Mark(RoomMark mark) => room => new MarkMoved(room, mark.User, mark.Read);

    /// <summary>Makes the error for a refusal, or for a reply that the caller does not expect.</summary>
    public static Err Error(string? id, RoomReply reply) => reply switch
    {
        // In a refusal with this reason, Message is the group's title, and not a text for the client.
        Refused { Reason: Refusal.Invited } => Error(id, Refusal.Invited),
        Refused refused => Error(id, refused.Reason, refused.Message, refused.RetryMs),
        _ => new(id, ChatErrorCode.Internal, "the room returned an unexpected reply", null),
    };

    private static Err Error(string? id, Refusal reason, string message, int? retry) => new(id, reason switch
    {
        Refusal.NotFound => ChatErrorCode.NotFound,
        Refusal.NotMember or Refusal.Invited => ChatErrorCode.NotMember,
        Refusal.Muted => ChatErrorCode.Muted,
        Refusal.Forbidden => ChatErrorCode.Forbidden,
        Refusal.Conflict => ChatErrorCode.Conflict,
        Refusal.Gone => ChatErrorCode.Gone,
        Refusal.RoomFull => ChatErrorCode.RoomFull,
        Refusal.Unavailable or Refusal.GatewayExpired => ChatErrorCode.Unavailable,
        Refusal.Timeout => ChatErrorCode.Timeout,
        Refusal.RateLimited => ChatErrorCode.RateLimited,
        _ => ChatErrorCode.Internal,
    }, message, retry);

    /// <summary>Makes the error for a refusal that has no message.</summary>
    public static Err Error(string? id, Refusal reason) => reason switch
    {
        Refusal.NotFound => Error(id, reason, "there is no such room", null),
        Refusal.NotMember or Refusal.Invited => Error(id, reason, "join the room first", null),
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
        RoomEventKind.Invite => EventKind.Invite,
        RoomEventKind.Kick => EventKind.Kick,
        RoomEventKind.Ban => EventKind.Ban,
        RoomEventKind.Unban => EventKind.Unban,
        RoomEventKind.Mute => EventKind.Mute,
        RoomEventKind.Unmute => EventKind.Unmute,
        RoomEventKind.Role => EventKind.Role,
        RoomEventKind.Title => EventKind.Title,
        RoomEventKind.Settings => EventKind.Settings,
        RoomEventKind.Link => EventKind.Link,
        RoomEventKind.Unlink => EventKind.Unlink,
        RoomEventKind.Pin => EventKind.Pin,
        RoomEventKind.Unpin => EventKind.Unpin,
        _ => EventKind.Other,
    };

    private static RoomEventKind Kind(EventKind kind) => kind switch
    {
        EventKind.Msg => RoomEventKind.Msg,
        EventKind.Edit => RoomEventKind.Edit,
        EventKind.Delete => RoomEventKind.Delete,
        EventKind.React => RoomEventKind.React,
        EventKind.Unreact => RoomEventKind.Unreact,
        EventKind.Invite => RoomEventKind.Invite,
        EventKind.Kick => RoomEventKind.Kick,
        EventKind.Ban => RoomEventKind.Ban,
        EventKind.Unban => RoomEventKind.Unban,
        EventKind.Mute => RoomEventKind.Mute,
        EventKind.Unmute => RoomEventKind.Unmute,
        EventKind.Role => RoomEventKind.Role,
        EventKind.Title => RoomEventKind.Title,
        EventKind.Settings => RoomEventKind.Settings,
        EventKind.Link => RoomEventKind.Link,
        EventKind.Unlink => RoomEventKind.Unlink,
        EventKind.Pin => RoomEventKind.Pin,
        EventKind.Unpin => RoomEventKind.Unpin,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "clients cannot send this kind of event"),
    };

    private static MemberRole? Role(RoomRole role) => role switch
    {
        RoomRole.Owner => MemberRole.Owner,
        RoomRole.Moderator => MemberRole.Moderator,
        RoomRole.Member => MemberRole.Member,
        RoomRole.Invited => MemberRole.Invited,
        _ => null,
    };

    private static RoomRole Role(MemberRole role) => role switch
    {
        MemberRole.Owner => RoomRole.Owner,
        MemberRole.Moderator => RoomRole.Moderator,
        MemberRole.Member => RoomRole.Member,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "clients cannot give this role"),
    };

    /// <summary>
    /// Returns the end of a mute or ban, as sent to clients. Returns null if there is no mute or ban, or if it has
    /// ended.
    /// </summary>
    private static long? Until(long until, long now) => until <= now ? null : Math.Min(until, MemberEntry.Forever);
}
