using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Faulty.Silo;

/// <summary>
/// A log that answers an append before it commits the events. It predicts the sequences that the commit will assign. If
/// the process dies before the commit, the events are lost although the log has answered.
/// </summary>
internal sealed class HastyLog(IMessageLog log, SiloFaults faults, TimeProvider time) : MessageLogDecorator(log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Room> _rooms = [];

    public override Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) =>
        OwnAsync(room, () => Whole.ClaimAsync(room, cancellationToken));

    public override async Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken)
    {
        CreatedRoom? created = null;
        await OwnAsync(creation.Room, async () =>
        {
            created = await Whole.CreateAsync(creation, cancellationToken);
            var last = created.Entries.LastOrDefault(entry => !entry.Duplicate);
            return last.Seq == 0 ? created.Claim : created.Claim with { Seq = last.Seq, Messages = last.Messages };
        });
        return created!;
    }

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

    /// <summary>The state that a room will have after its pending commits.</summary>
    private sealed class Room(RoomClaim claim)
    {
        private readonly Dictionary<(string, string), AppendedEntry> _entries = [];
        private long _seq = claim.Seq;
        private long _messages = claim.Messages;

        public long Claim => claim.Number;

        public Task Committing { get; set; } = Task.CompletedTask;

        /// <summary>
        /// Predicts the result of the commit for an entry. Recognizes a repeated client id only if the first entry with
        /// this id was appended after the room's last claim.
        /// </summary>
        public AppendedEntry Foretell(MessageLogEntry entry)
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
