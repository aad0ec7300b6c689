using System.Globalization;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// Makes a random history of a few rooms and users on a log, and computes what the users' lists of conversations must
/// be. The expected lists come from the events of the log, and from the read marks and settings that this class has
/// made. Histories with different seeds have no common names.
/// </summary>
internal sealed class RandomHistory
{
    private readonly IMessageLog _log;
    private readonly Random _random;
    private readonly int _seed;
    private readonly string[] _users;
    private readonly (string Room, RoomKind Kind)[] _rooms;
    private readonly Dictionary<string, long> _claims = [];
    private readonly Dictionary<(string User, string Room), long> _marks = [];
    private readonly Dictionary<(string User, string Room), (ConversationSettings Settings, long Hidden)> _settings = [];
    private readonly Dictionary<string, Client> _clients = [];
    private long _ts = 1000;
    private int _step;

    /// <summary>A bound for random read marks: the head of the room with the most events.</summary>
    private int _heads;

    public RandomHistory(IMessageLog log, int seed)
    {
        (_log, _seed, _random) = (log, seed, new Random(seed));
        _users = [.. 3.To(0).Select(i => $"u{seed}-{i}")];
        _rooms =
        [
            .. 3.To().Select(i => ($"group-{seed}-{i}", RoomKind.Group)),
            .. 2.To().Select(i => ($"channel-{seed}-{i}", RoomKind.Channel)),
            (RoomKey.Direct(_users[0], _users[1]), RoomKind.Direct),
            (RoomKey.Direct(_users[0], _users[0]), RoomKind.Direct),
        ];
    }

    public int Next(int below) => _random.Next(below);

    /// <summary>
    /// Creates a direct room with about <see cref="UnreadCounts.Window"/> events, the most that a count reads.
    /// </summary>
    public async Task FillAsync()
    {
        var (room, kind) = _rooms[^2];
        MessageLogEntry[] entries =
        [
            .. (UnreadCounts.Window - 10 + Next(25)).To().Select(i => Msg(_users[Next(2)], $"filled-{i}", "filled") with { Ts = _ts, Mentions = Mentions() }),
        ];
        _heads = entries.Length;
        _claims[room] = (await _log.CreateAsync(new RoomCreation(room, kind, entries), CancellationToken.None)).Claim.Number;
    }

    /// <summary>Makes one random append, read mark or change of settings.</summary>
    public async Task StepAsync()
    {
        _step++;
        _ts += Next(3) * 100;
        var ((room, kind), user) = (_rooms[Next(_rooms.Length)], _users[Next(_users.Length)]);
        switch (Next(10))
        {
            case 0 when _claims.ContainsKey(room):
                var read = Next(3) == 0 ? Next(_heads + 3) : Next(8);
                await _log.MarkAsync([new(room, user, read)], CancellationToken.None);
                _marks[(user, room)] = Math.Max(_marks.GetValueOrDefault((user, room)), read);
                break;
            case 1 or 2 when _claims.ContainsKey(room):
                await SetAsync(room, kind, user);
                break;
            case 3 when _claims.ContainsKey(room):
                _claims[room] = (await _log.ClaimAsync(room, CancellationToken.None))!.Number;
                break;
            default:
                await AppendAsync(room, kind, user);
                break;
        }
    }

    /// <summary>Compares the list of each user with the expected list.</summary>
    /// <param name="exact">
    /// Whether a cursor is always after every change that was made before the list was read.
    /// </param>
    public async Task CheckAsync(bool exact)
    {
        var events = await Task.WhenAll(_claims.Keys.Select(async room => KeyValuePair.Create(room, await _log.AllAsync(room))));
        var log = events.ToDictionary();
        var paging = _users[Next(_users.Length)];
        foreach (var user in _users)
        {
            var expected = Expected(user, log).ToArray();
            Assert.Equal(Write(expected), Write((await _log.ConversationsAsync(user, null, 100, CancellationToken.None)).Rows));
            foreach (var (room, _) in _rooms.Where(one => log.ContainsKey(one.Room)))
            {
                var counted = (await _log.CountedFactsAsync(room, user, CancellationToken.None))!;
                Assert.Equal(
                    $"seed {_seed}, step {_step}, {user} in {room}: {Count(user, _marks.GetValueOrDefault((user, room)), log[room])}",
                    $"seed {_seed}, step {_step}, {user} in {room}: {counted.Counts}");
            }

            if (user == paging)
            {
                Assert.Equal(Write(expected), Write(await PagesAsync(user, 1 + Next(3))));
            }

            var client = _clients.TryGetValue(user, out var known) ? known : _clients[user] = new(_log, user);
            await client.UpdateAsync(1 + Next(8));

            // The title of a group to which the user is only invited is not among the changes.
            Assert.Equal(Write(expected, ofInvited: false), Write(client.Rows, ofInvited: false));
            if (exact)
            {
                Assert.Equal(0, await client.UpdateAsync(100));
            }
        }
    }

    private async Task SetAsync(string room, RoomKind kind, string user)
    {
        var change = new ConversationChange(
            kind == RoomKind.Channel ? Maybe() : null, Maybe(), Maybe(), Maybe(), Next(3) == 0 ? Next(2) * 5000 : null);
        Assert.Equal(ConversationStored.Yes, await _log.SetConversationAsync(user, room, change, CancellationToken.None));
        var (settings, hidden) = _settings.GetValueOrDefault((user, room), (default, -1));
        _settings[(user, room)] = (
            new(
                change.Followed ?? settings.Followed, change.Pinned ?? settings.Pinned, change.Archived ?? settings.Archived,
                change.MutedUntil ?? settings.MutedUntil),
            change.Hidden switch { true => (await _log.AllAsync(room)).Count, false => -1, null => hidden });

        bool? Maybe() => Next(3) switch { 0 => true, 1 => false, _ => null };
    }

    private async Task AppendAsync(string room, RoomKind kind, string user)
    {
        if (!_claims.TryGetValue(room, out var claim))
        {
            MessageLogEntry[] first = kind == RoomKind.Direct ? [Entry(kind, user)] : [];
            _claims[room] = (await _log.CreateAsync(new RoomCreation(room, kind, first), CancellationToken.None)).Claim.Number;
            return;
        }

        if (kind == RoomKind.Group && Next(2) == 0)
        {
            var change = (RoomEventKind)_random.Next((int)RoomEventKind.Invite, (int)RoomEventKind.Role + 1);
            RoomRole? role = change == RoomEventKind.Role ? (RoomRole)_random.Next((int)RoomRole.Member, (int)RoomRole.Owner + 1) : null;
            long? until = change is RoomEventKind.Ban or RoomEventKind.Mute && Next(2) == 0 ? 50 : null;
            await _log.AppendAsync(room, claim, Change(change, user, role, until, Id()) with { Ts = _ts });
            return;
        }

        // Only the first entry of an append may have a repeated id.
        MessageLogEntry[] entries = [.. _random.Next(1, 4).To().Select(_ => Entry(kind, _users[Next(_users.Length)]))];
        await _log.AppendAsync(room, claim, [entries[0], .. entries[1..].Where(entry => entry.ClientId != "repeated")]);
    }

    private MessageLogEntry Entry(RoomKind kind, string user) => (Next(8) switch
    {
        0 when kind == RoomKind.Group => Leave(user),
        1 or 2 or 3 when kind == RoomKind.Group => Join(user),
        4 when kind == RoomKind.Group => Title($"title-{_step}", Id()),
        5 => Edit(user, Id(), 1 + Next(8), $"edited-{_step}"),
        6 => Delete(user, Id(), 1 + Next(8)),
        7 => Msg(user, Id(), string.Concat(Enumerable.Repeat("é\"😀\n", 40 + Next(20)))),
        _ => Msg(user, Id(), $"text-{_step}") with { Mentions = Mentions() },
    }) with
    { Ts = _ts };

    /// <summary>Returns random mentions for a message: none, or some of the users, everyone, and a stranger.</summary>
    private string? Mentions() => Next(2) == 0
        ? null
        : MentionList.Create([.. _users.Append(MentionList.Everyone).Append("stranger").Where(_ => Next(4) == 0)]);

    /// <summary>
    /// Returns a random client id. One in six is always the same id, so that some entries are duplicates.
    /// </summary>
    private string Id() => Next(6) == 0 ? "repeated" : _random.NextInt64().ToString(CultureInfo.InvariantCulture);

    private IEnumerable<ConversationRow> Expected(string user, Dictionary<string, IReadOnlyList<RoomEvent>> log) =>
        _rooms.Where(one => log.ContainsKey(one.Room)).Select(one => Expected(one.Room, one.Kind, user, log[one.Room])).OfType<ConversationRow>()
            .OrderByDescending(row => row.Ts).ThenByDescending(row => row.Room, StringComparer.Ordinal);

    /// <summary>
    /// Computes the room's row in the user's list from the room's events. Null if the list must not have the room.
    /// </summary>
    private ConversationRow? Expected(string room, RoomKind kind, string user, IReadOnlyList<RoomEvent> events)
    {
        var (member, began, title) = (new Member(user, RoomRole.None), 0L, (string?)null);
        foreach (var happened in events)
        {
            title = happened.Kind == RoomEventKind.Title ? happened.Text : title;
            if (kind == RoomKind.Group && MemberRules.UserOf(happened.Kind, happened.From, happened.Text) == user)
            {
                member = MemberRules.Apply(member, happened.Seq, happened.Kind, happened.Text, happened.Meta);
                began = happened.Kind == RoomEventKind.Invite ? happened.Seq : began;
            }
        }

        var (settings, hidden) = _settings.GetValueOrDefault((user, room), (default, -1));
        if (member.Role == RoomRole.Invited)
        {
            return began > hidden ? new(room, kind, 0, events[(int)began - 1].Ts, 0, 0, RoomRole.Invited, title, null, settings) : null;
        }

        var isIn = kind switch
        {
            RoomKind.Group => Member.Is(member.Role),
            RoomKind.Direct => RoomKey.Peer(room, user) is not null,
            _ => settings.Followed,
        };
        if (!isIn || events.Count <= hidden)
        {
            return null;
        }

        var read = _marks.GetValueOrDefault((user, room));
        var newest = events is [.., var last]
            ? new NewestEvent(last.Seq, last.Ts, last.From, last.Kind, last.Text is null ? null : Cut(last.Text))
            : null;
        var (unread, mentions, hasMore) = Count(user, read, events);
        return new(
            room, kind, events.Count, newest?.Ts ?? 0, read, unread, kind == RoomKind.Group ? member.Role : RoomRole.None, title, newest, settings,
            mentions, hasMore);
    }

    /// <summary>Computes what the user has not read. A message without a text was deleted.</summary>
    private static UnreadCounts Count(string user, long read, IReadOnlyList<RoomEvent> events)
    {
        var unread = events.TakeLast(1000)
            .Where(happened => happened is { Kind: RoomEventKind.Msg, Text: not null } && happened.Seq > read && happened.From != user).ToArray();
        var hasMessages = events.Any(happened => happened.Kind == RoomEventKind.Msg && happened.Seq > read);
        return new(
            unread.Length,
            unread.Count(message => message.Mentions?.Split(' ') is { } names && (names.Contains(user) || names.Contains("@everyone"))),
            read < events.Count - 1000 && hasMessages);
    }

    private async Task<List<ConversationRow>> PagesAsync(string user, int limit)
    {
        List<ConversationRow> all = [];
        ConversationsBefore? before = null;
        while ((await _log.ConversationsAsync(user, before, limit, CancellationToken.None)).Rows is { Count: > 0 } page)
        {
            all.AddRange(page);
            before = new(page[^1].Ts, page[^1].Room);
        }

        return all;
    }

    private string Write(IEnumerable<ConversationRow> rows, bool ofInvited = true) => $"seed {_seed}, step {_step}\n" + string.Join(
        '\n', rows.Select(row => !ofInvited && row.Role == RoomRole.Invited ? row with { Title = null } : row));

    private static string Cut(string text) => string.Concat(text.EnumerateRunes().Take(200).Select(rune => rune.ToString()));

    /// <summary>
    /// A client that keeps a list of conversations, and updates it with the changes since its last cursor.
    /// </summary>
    private sealed class Client(IMessageLog log, string user)
    {
        private Dictionary<string, ConversationRow> _rows = [];
        private string? _cursor;

        public IEnumerable<ConversationRow> Rows =>
            _rows.Values.OrderByDescending(row => row.Ts).ThenByDescending(row => row.Room, StringComparer.Ordinal);

        /// <summary>
        /// Updates the list. Returns the number of changes; 0 if the client had to read the whole list.
        /// </summary>
        public async Task<int> UpdateAsync(int limit)
        {
            if (_cursor is null || await log.ConversationChangesAsync(user, _cursor, limit, CancellationToken.None) is not { } changes)
            {
                var list = await log.ConversationsAsync(user, null, 100, CancellationToken.None);
                (_rows, _cursor) = (list.Rows.ToDictionary(row => row.Room), list.Cursor);
                return 0;
            }

            foreach (var row in changes.Rows)
            {
                _rows[row.Room] = row;
            }

            foreach (var room in changes.Removed)
            {
                _rows.Remove(room);
            }

            _cursor = changes.Cursor;
            return changes.Rows.Count + changes.Removed.Count;
        }
    }
}
