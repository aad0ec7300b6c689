using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>Makes the frames about lists of conversations and about personal settings.</summary>
internal static partial class FrameMapping
{
    /// <param name="nameOf">Returns the user's name for a room. The argument is the room's key.</param>
    /// <param name="now">The time in milliseconds since 1970 UTC. Mutes that have ended are left out.</param>
    public static ConversationList Answer(Conversations list, ConversationPage page, Func<string, string> nameOf, long now) => new(
        list.Id,
        [.. page.Conversations.Select(one => new ConversationEntry(
            nameOf(one.Room), Kind(one.Kind), one.Seq, one.Ts, one.Read, one.Unread, Role(one.Role), one.Title, Last(one.Last), one.Settings.Followed,
            one.Settings.Pinned, one.Settings.Archived, Until(one.Settings.MutedUntil, now), Mentions(one.Mentions), one.UnreadMore))],
        page.More, page.Cursor, page.Removed is { } removed ? [.. removed.Select(nameOf)] : null, list.Since is not null && page.Removed is null);

    /// <summary>
    /// The newest event of a conversation. The entry has the event's text only if the text is for people. In events of
    /// other kinds, the stored text is a user id, or something that not every viewer may see.
    /// </summary>
    private static LastEvent? Last(NewestEvent? newest) => newest is null ? null : new(
        newest.Seq, newest.Ts, newest.From, Kind(newest.Kind),
        newest.Kind is RoomEventKind.Msg or RoomEventKind.Edit or RoomEventKind.React or RoomEventKind.Unreact or RoomEventKind.Title ? newest.Text : null,
        MemberChange.Is(newest.Kind) ? newest.Text : null);

    /// <summary>Makes the grain's record for a change of personal settings.</summary>
    /// <param name="room">The room's key.</param>
    public static ConversationSet Set(SetConversation set, string room, string user) =>
        new(room, user, set.Followed, set.Pinned, set.Archived, set.Hidden, set.Muted);

    /// <summary>Makes the answer to a <c>conversation</c> command.</summary>
    public static ServerFrame Answer(SetConversation set, ConversationReply reply) =>
        reply.TooMany is { } message ? new Err(set.Id, ChatErrorCode.TooLarge, message, null)
        : reply.Refusal is { } refused ? Error(set.Id, refused)
        : new Ok(set.Id, set.Room, null, null, false, null);

    /// <summary>Makes the frame that notifies a client of changed personal settings.</summary>
    /// <param name="room">The viewer's name for the room.</param>
    public static ConversationChanged ConversationChanged(string room) => new(room);
}
