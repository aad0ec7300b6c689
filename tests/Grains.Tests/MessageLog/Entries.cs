using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>Creates entries of a message log and appends them, with default values for most fields.</summary>
internal static class Entries
{
    public static MessageLogEntry Msg(string user, string? id, string text = "text", long ts = 1000, long hash = 7) =>
        new(user, id, hash, ts, RoomEventKind.Msg, text, null, null, null);

    public static MessageLogEntry Mention(string user, string? id, string mentions) => Msg(user, id) with { Mentions = mentions };

    public static MessageLogEntry Edit(string user, string id, long target, string text) =>
        new(user, id, 7, 1000, RoomEventKind.Edit, text, target, null, null);

    public static MessageLogEntry Delete(string user, string id, long target) =>
        new(user, id, 7, 1000, RoomEventKind.Delete, null, target, null, null);

    public static MessageLogEntry Join(string user) => new(user, null, 0, 1000, RoomEventKind.Join, null, null, null, null);

    public static MessageLogEntry Leave(string user) => new(user, null, 0, 1000, RoomEventKind.Leave, null, null, null, null);

    /// <summary>Returns an entry that changes the rights of a user.</summary>
    public static MessageLogEntry Change(
        RoomEventKind kind, string user, RoomRole? role = null, long? until = null, string? id = null, string by = "ann") =>
        new(by, id, 7, 1000, kind, user, null, null, new MemberChange(user, role, until).ToMeta());

    public static MessageLogEntry Title(string text, string? id = null) => new("ann", id, 7, 1000, RoomEventKind.Title, text, null, null, null);

    public static MessageLogEntry Settings(RoomSettings settings, string? id = null) =>
        new("ann", id, 7, 1000, RoomEventKind.Settings, null, null, null, settings.ToMeta());

    /// <summary>Returns an entry that makes an invitation link. The entry has the hash of the link's code.</summary>
    public static MessageLogEntry Link(string code, int? uses = null, long? until = null, string? id = null, long ts = 1000, string by = "ann") =>
        new(by, id, 7, ts, RoomEventKind.Link, null, null, null, new LinkTerms(LinkTerms.HashOf(code), uses, until).ToMeta());

    public static MessageLogEntry Pin(long message, string? id = null) => new("ann", id, 7, 1000, RoomEventKind.Pin, null, message, null, null);

    public static MessageLogEntry Unpin(long message, string? id = null) => new("ann", id, 7, 1000, RoomEventKind.Unpin, null, message, null, null);

    public static MessageLogEntry Unlink(long link, string? id = null) => new("ann", id, 7, 1000, RoomEventKind.Unlink, null, link, null, null);

    public static MessageLogEntry JoinBy(long link, string user) => Join(user) with { Ref = link };

    public static Task<AppendResult> AppendAsync(this IMessageLog log, string room, long claim, params IReadOnlyList<MessageLogEntry> entries) =>
        log.AppendAsync(new RoomAppend(room, claim, entries), CancellationToken.None);

    public static async Task<long> OwnAsync(this IMessageLog log, string room, RoomKind kind = RoomKind.Channel) =>
        (await log.CreateAsync(room, kind, CancellationToken.None)).Number;

    public static Task<IReadOnlyList<RoomEvent>> AllAsync(this IMessageLog log, string room) =>
        log.ReadAsync(room, 0, int.MaxValue, CancellationToken.None);

    /// <summary>Returns a page of a user's conversations, without the newest event of each room.</summary>
    public static async Task<IReadOnlyList<ConversationRow>> ListAsync(this IMessageLog log, string user, ConversationsBefore? before, int limit) =>
        [.. (await log.ConversationsAsync(user, before, limit, CancellationToken.None)).Rows.Select(row => row with { Last = null })];

    public static IEnumerable<long> Seqs(this AppendResult result) => result.Entries.Select(entry => entry.Seq);

    public static IEnumerable<long> To(this int count, long from = 1) => Enumerable.Range(0, count).Select(i => from + i);
}
