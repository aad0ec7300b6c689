using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Memory;

/// <summary>
/// One room of a <see cref="MemoryMessageLog"/>. Thread-safe: every public method takes the room's lock.
/// </summary>
/// <param name="members">The members that the room has at its creation.</param>
/// <param name="changes">Numbers the changes of all rooms.</param>
internal sealed partial class MemoryRoom(RoomKind kind, IEnumerable<string> members, MemoryChanges changes)
{
    private readonly Lock _gate = new();
    private readonly List<Row> _rows = [];
    private readonly Dictionary<(string User, string ClientId), int> _known = [];
    private readonly List<Member> _members = [.. members.Select(user => new Member(user, RoomRole.Member))];
    private readonly Dictionary<string, long> _marks = new(StringComparer.Ordinal);
    private readonly string _epoch = RoomRules.NewEpoch();
    private IReadOnlyList<RoomLink> _links = [];
    private long _claim;
    private string? _title;
    private RoomSettings? _settings;

    public RoomClaim Claim()
    {
        lock (_gate)
        {
            return new RoomClaim(++_claim, kind, _epoch, _rows.Count, Head?.Entry.Ts ?? 0, Head?.Messages ?? 0, _title, _settings);
        }
    }

    public AppendResult Append(RoomAppend append)
    {
        lock (_gate)
        {
            return append.Claim == _claim ? new AppendResult(false, [.. append.Entries.Select(Append)]) : AppendResult.FencedOff;
        }
    }

    public CreatedRoom ClaimAndAppend(IReadOnlyList<MessageLogEntry> entries)
    {
        lock (_gate)
        {
            var claim = Claim();
            return new CreatedRoom(claim, [.. RoomRules.NotBefore(entries, claim.Ts).Select(Append)]);
        }
    }

    public AppendedEntry? First(string user, string? clientId)
    {
        lock (_gate)
        {
            if (clientId is null || !_known.TryGetValue((user, clientId), out var known))
            {
                return null;
            }

            var first = _rows[known];
            return new AppendedEntry(known + 1, first.Entry.Ts, first.Hash, first.Messages, Duplicate: true);
        }
    }

    public IReadOnlyList<string> Senders(IReadOnlyCollection<string> users)
    {
        lock (_gate)
        {
            return [.. users.Where(user => _known.Keys.Any(known => known.User == user))];
        }
    }

    public IReadOnlyList<RoomEvent> Read(MessageLogRange range)
    {
        lock (_gate)
        {
            var from = (int)Math.Clamp(range.After, 0, _rows.Count);
            var count = Math.Min(range.Limit, _rows.Count - from);
            var events = new List<RoomEvent>();
            var bytes = 0L;
            for (var i = 0; i < count && bytes < range.Bytes; i++)
            {
                var at = range.FromEnd ? from + count - 1 - i : from + i;
                events.Add(_rows[at].Shown(at + 1));
                bytes += EventBytes.Count(events[^1]);
            }

            if (range.FromEnd)
            {
                events.Reverse();
            }

            return events;
        }
    }

    public RoomHead Stand(string room)
    {
        lock (_gate)
        {
            return new RoomHead(room, _rows.Count, _claim);
        }
    }

    public RoomFacts Facts(string room, string user)
    {
        lock (_gate)
        {
            var read = _marks.GetValueOrDefault(user);
            var role = RoomRules.RoleOf(kind, room, user, Find(user).Role);
            return new RoomFacts(kind, _rows.Count, Head?.Messages ?? 0, role, read, Find(user).BannedUntil, _settings);
        }
    }

    public CountedFacts CountedFacts(string room, string user)
    {
        lock (_gate)
        {
            var facts = Facts(room, user);
            return new(facts, Count(user, facts.Read));
        }
    }

    public bool IsGroupOf(string user, bool withInvitations)
    {
        lock (_gate)
        {
            return kind == RoomKind.Group && Find(user).Role is var role && (Member.Is(role) || (withInvitations && role == RoomRole.Invited));
        }
    }

    public IReadOnlyList<Member> Members()
    {
        lock (_gate)
        {
            return [.. _members];
        }
    }

    public IReadOnlyList<RoomLink> Links()
    {
        lock (_gate)
        {
            return _links;
        }
    }

    public bool HasLink(string user, IReadOnlyCollection<string> hashes, long now)
    {
        lock (_gate)
        {
            return Find(user).BannedUntil <= now && _links.Any(link => hashes.Contains(link.Hash) && LinkRules.IsUsable(link, now));
        }
    }

    public void Mark(string user, long seq)
    {
        lock (_gate)
        {
            if (seq > _marks.GetValueOrDefault(user))
            {
                _marks[user] = seq;
                Personal(user).MarkChanged = changes.Next();
            }
        }
    }

    private Row? Head => _rows.Count == 0 ? null : _rows[^1];

    private AppendedEntry Append(MessageLogEntry entry)
    {
        if (First(entry.User, entry.ClientId) is { } first)
        {
            return first;
        }

        var row = new Row(entry, (Head?.Messages ?? 0) + (entry.Kind == RoomEventKind.Msg ? 1 : 0))
        {
            Text = entry.Text,
            Meta = entry.Meta,
            Mentions = entry.Mentions,
        };
        if (entry.ClientId is not null)
        {
            _known.Add((entry.User, entry.ClientId), _rows.Count);
        }

        _rows.Add(row);
        AddReply(entry);
        _changed = changes.Next();
        Apply(entry, row);
        return new AppendedEntry(_rows.Count, entry.Ts, entry.Hash, row.Messages, Duplicate: false);
    }

    private void Apply(MessageLogEntry entry, Row row)
    {
        switch (entry.Kind)
        {
            case RoomEventKind.Edit when Message(entry.Ref) is { } message:
                if (message.Deleted)
                {
                    row.Take();
                }
                else
                {
                    message.Text = entry.Text;
                    message.Edited = true;
                }

                break;
            case RoomEventKind.Delete when Message(entry.Ref) is { } message:
                (message.Deleted, message.Edited) = (true, false);
                message.Take();
                Dismiss(entry.Ref);
                _rows.Where(edit => edit.Entry.Kind == RoomEventKind.Edit && edit.Entry.Ref == entry.Ref).ToList().ForEach(edit => edit.Take());
                ApplyToPins(entry);
                break;
            case RoomEventKind.Title:
                _title = entry.Text;
                break;
            case RoomEventKind.Settings:
                _settings = RoomSettings.Parse(entry.Meta);
                break;
            case RoomEventKind.Pin or RoomEventKind.Unpin:
                ApplyToPins(entry);
                break;
            default:
                if (kind == RoomKind.Group)
                {
                    _links = LinkRules.Apply(_links, _rows.Count, entry.Ts, entry.Kind, entry.User, entry.Ref, entry.Meta);
                }

                if (kind == RoomKind.Group && MemberRules.UserOf(entry.Kind, entry.User, entry.Text) is { } user)
                {
                    var before = Find(user);
                    var after = MemberRules.Apply(before, _rows.Count, entry.Kind, entry.Text, entry.Meta);
                    Change(after, MemberRules.Begins(before, after, entry.Kind), before);
                }

                break;
        }
    }

    private Member Find(string user) => _members.Find(member => member.User == user) ?? new Member(user, RoomRole.None);

    /// <summary>
    /// Stores the changed rights of a user. A new user, and a user for whom <paramref name="begins"/> is true, becomes
    /// the last one in the list of members.
    /// </summary>
    /// <param name="begins">The result of <see cref="MemberRules.Begins"/>.</param>
    /// <param name="before">The rights before the change.</param>
    private void Change(Member changed, bool begins, Member before)
    {
        if (changed == before && !begins)
        {
            return;
        }

        // A ban or mute of a user without a role does not change the user's conversations, because a stranger must not
        // notice it.
        if (before.Role != RoomRole.None || changed.Role != RoomRole.None)
        {
            var personal = Personal(changed.User);
            (personal.MemberChanged, personal.Since) = (changes.Next(), begins ? _rows.Count : personal.Since);
        }

        var at = _members.FindIndex(member => member.User == changed.User);
        if (at >= 0 && !begins && MemberRules.IsStored(changed))
        {
            _members[at] = changed;
            return;
        }

        if (at >= 0)
        {
            _members.RemoveAt(at);
        }

        if (MemberRules.IsStored(changed))
        {
            _members.Add(changed);
        }
    }

    private Row? Message(long? seq) =>
        seq > 0 && seq <= _rows.Count && _rows[(int)seq - 1] is { Entry.Kind: RoomEventKind.Msg } row ? row : null;

    private sealed class Row(MessageLogEntry entry, long messages)
    {
        public MessageLogEntry Entry => entry;

        public long Messages => messages;

        public long Hash { get; private set; } = entry.Hash;

        public string? Text { get; set; }

        public string? Meta { get; set; }

        public string? Mentions { get; set; }

        public bool Edited { get; set; }

        public bool Deleted { get; set; }

        public void Take() => (Text, Meta, Mentions, Hash) = (null, null, null, MessageLogEntry.AnyHash);

        public RoomEvent Shown(long seq) => new(
            seq, entry.Ts, entry.User, entry.Kind, Text, entry.Ref, entry.Reply, Meta, entry.ClientId, Edited, messages)
        { Mentions = Mentions };
    }
}
