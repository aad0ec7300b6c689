using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Faulty.Silo;

/// <summary>A log that answers before it commits: it knows which sequences the commit will take, unless the process dies before it.</summary>
internal sealed class HastyLog(IMessageLog log, SiloFaults faults, TimeProvider time) : LogDecorator(log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Room> _rooms = [];

    public override Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) =>
        OwnAsync(room, () => Whole.ClaimAsync(room, cancellationToken));

    public override async Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken) =>
        (await OwnAsync(room, async () => await Whole.CreateAsync(room, kind, cancellationToken)))!;

    public override Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_rooms.TryGetValue(append.Room, out var room) || room.Claim != append.Claim)
            {
                return Whole.AppendAsync(append, cancellationToken);
            }

            room.Committing = CommitAsync(room.Committing, append);
            return Task.FromResult(new AppendResult(false, [.. append.Entries.Select(room.Foretell)]));
        }
    }

    private async Task<RoomClaim?> OwnAsync(string name, Func<Task<RoomClaim?>> own)
    {
        Task committing;
        lock (_gate)
        {
            committing = _rooms.GetValueOrDefault(name)?.Committing ?? Task.CompletedTask;
        }

        await committing;
        var claim = await own();
        if (claim is not null)
        {
            lock (_gate)
            {
                _rooms[name] = new(claim);
            }
        }

        return claim;
    }

    private async Task CommitAsync(Task before, RoomAppend append)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(faults.DelayMs), time);
        await before;
        await Whole.AppendAsync(append, CancellationToken.None);
    }

    /// <summary>A room as it will be.</summary>
    private sealed class Room(RoomClaim claim)
    {
        private readonly Dictionary<(string, string), AppendedEntry> _entries = [];
        private long _seq = claim.Seq;
        private long _messages = claim.Messages;

        public long Claim => claim.Number;

        public Task Committing { get; set; } = Task.CompletedTask;

        /// <summary>What the commit will say of an entry. Only what this process has seen is known for a duplicate.</summary>
        public AppendedEntry Foretell(LogEntry entry)
        {
            if (entry.ClientId is { } id && _entries.TryGetValue((entry.User, id), out var first))
            {
                return first with { Duplicate = true };
            }

            _messages += entry.Kind == RoomEventKind.Msg ? 1 : 0;
            var appended = new AppendedEntry(++_seq, entry.Ts, entry.Hash, _messages, Duplicate: false);
            if (entry.ClientId is { } key)
            {
                _entries[(entry.User, key)] = appended;
            }

            return appended;
        }
    }
}
