using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>A log in memory, the same for all silos of a test cluster.</summary>
internal sealed class StandInLog : IMessageLog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Room> _rooms = [];

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_rooms.TryGetValue(room, out var found) ? found.Claim() : null);
        }
    }

    public Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_rooms.TryGetValue(room, out var found))
            {
                _rooms[room] = found = new Room(kind);
            }

            return Task.FromResult(found.Claim());
        }
    }

    public Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var room = _rooms[append.Room];
            return Task.FromResult(append.Claim == room.Claims
                ? new AppendResult(false, [.. append.Entries.Select(room.Append)])
                : AppendResult.FencedOff);
        }
    }

    public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_rooms.TryGetValue(room, out var found) && found.Ids.TryGetValue((user, clientId), out var entry)
                ? entry with { Duplicate = true }
                : (AppendedEntry?)null);
        }
    }

    public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<RoomEvent>>(
                _rooms.TryGetValue(room, out var found) ? [.. found.Events.Skip((int)after).Take(limit)] : []);
        }
    }

    public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<RoomHead>>(
                [.. rooms.Where(_rooms.ContainsKey).Select(room => new RoomHead(room, _rooms[room].Events.Count, _rooms[room].Claims))]);
        }
    }

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_rooms.TryGetValue(room, out var found))
            {
                return Task.FromResult<RoomFacts?>(null);
            }

            var read = found.Marks.GetValueOrDefault(user);
            return Task.FromResult<RoomFacts?>(new RoomFacts(
                found.Kind, found.Events.Count, found.Messages, found.Members.Contains(user), read, read > 0 ? found.Events[(int)read - 1].Messages : 0));
        }
    }

    public Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<string>>([.. _rooms[room].Members]);
        }
    }

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (var mark in marks)
            {
                var room = _rooms[mark.Room].Marks;
                room[mark.User] = Math.Max(mark.Seq, room.GetValueOrDefault(mark.User));
            }
        }

        return Task.CompletedTask;
    }

    private sealed class Room(RoomKind kind)
    {
        private readonly string _epoch = Guid.NewGuid().ToString("n");

        public RoomKind Kind => kind;

        public long Claims { get; private set; }

        public List<RoomEvent> Events { get; } = [];

        public Dictionary<(string, string), AppendedEntry> Ids { get; } = [];

        public HashSet<string> Members { get; } = [];

        public Dictionary<string, long> Marks { get; } = [];

        public long Messages => Events is [.., var newest] ? newest.Messages : 0;

        public RoomClaim Claim() => new(++Claims, kind, _epoch, Events.Count, Events is [.., var newest] ? newest.Ts : 0, Messages);

        public AppendedEntry Append(LogEntry entry)
        {
            if (entry.ClientId is { } id && Ids.TryGetValue((entry.User, id), out var first))
            {
                return first with { Duplicate = true };
            }

            var messages = Messages + (entry.Kind == RoomEventKind.Msg ? 1 : 0);
            var appended = new AppendedEntry(Events.Count + 1, entry.Ts, entry.Hash, messages, false);
            Events.Add(new RoomEvent(
                appended.Seq, entry.Ts, entry.User, entry.Kind, entry.Text, entry.Ref, entry.Reply, entry.Meta, entry.ClientId, false, messages));
            if (entry.ClientId is not null)
            {
                Ids[(entry.User, entry.ClientId)] = appended;
            }

            if (entry is { Kind: RoomEventKind.Edit or RoomEventKind.Delete, Ref: { } target } && Events[(int)target - 1].Text is not null)
            {
                Events[(int)target - 1] = Events[(int)target - 1] with { Text = entry.Text, Edited = true };
            }

            if (entry.Kind == RoomEventKind.Join)
            {
                Members.Add(entry.User);
            }
            else if (entry.Kind == RoomEventKind.Leave)
            {
                Members.Remove(entry.User);
            }

            return appended;
        }
    }
}
