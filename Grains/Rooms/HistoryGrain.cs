using Orleans.Concurrency;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Rooms;

/// <summary>Reads of the log, beside the rooms' turns: on every silo as many as are wanted.</summary>
[StatelessWorker, Reentrant]
internal sealed class HistoryGrain(IMessageLog log, IClusterMembershipService cluster) : Grain, IHistoryGrain
{
    /// <summary>Events of one read, whatever is asked for.</summary>
    public const int MostEvents = 1000;

    /// <summary>Rooms of one beacon.</summary>
    public const int MostRooms = 4096;

    public async Task<HistoryPage> PageAsync(string room, string user, long after, int limit)
    {
        if (DirectRoom.People(room) is not { } people)
        {
            return Refuse(Refusal.NotFound);
        }

        if (people.Length > 0 && !people.Contains(user))
        {
            return Refuse(Refusal.Forbidden);
        }

        try
        {
            var facts = await log.FactsAsync(room, user, CancellationToken.None);
            if (facts is null)
            {
                return Refuse(Refusal.NotFound);
            }

            if (facts.Kind == RoomKind.Group && !facts.IsMember)
            {
                return Refuse(Refusal.NotMember);
            }

            var from = after < 0 ? Math.Max(0, facts.Seq + after) : after;
            var events = await log.ReadAsync(room, from, Math.Clamp(limit, 1, MostEvents), CancellationToken.None);
            return new HistoryPage([.. events], Math.Max(facts.Seq, events is [.., var newest] ? newest.Seq : 0), null);
        }
        catch (LogUnavailableException)
        {
            return Refuse(Refusal.Unavailable);
        }
    }

    public async Task<RoomEvent[]> ReadAsync(string room, long after, int limit)
        => [.. await ClearlyAsync(() => log.ReadAsync(room, Math.Max(0, after), Math.Clamp(limit, 1, MostEvents), CancellationToken.None))];

    public async Task<RoomHeads> HeadsAsync(string[] rooms)
        => rooms.Length > MostRooms
            ? throw new ArgumentException($"A beacon asks for at most {MostRooms} rooms.", nameof(rooms))
            : new([.. await ClearlyAsync(() => log.HeadsAsync(rooms, CancellationToken.None))], cluster.CurrentSnapshot.Version.Value);

    private static HistoryPage Refuse(Refusal refusal) => new([], 0, refusal);

    /// <summary>A type that the gateway has too: it knows nothing of the log.</summary>
    private static async Task<T> ClearlyAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (LogUnavailableException)
        {
            throw new IOException("The message log cannot be reached.");
        }
    }
}
