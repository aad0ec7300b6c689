using System.Collections.Concurrent;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Faulty.Gateway;

/// <summary>Room calls that change what is read from the log for a client.</summary>
internal sealed class FaultyResume(IRooms rooms, GatewayFaults faults, TimeProvider time) : IRooms
{
    private readonly ConcurrentDictionary<string, (long Head, long Filled)> _cached = new();

    public async Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken)
    {
        var events = await rooms.ReadAsync(room, after, limit, cancellationToken);
        return events.Count == 0 ? events : faults.Resume == ResumeFault.Double ? [.. events, events[^1]] : Stale(room, events);
    }

    public void Enter(Subscription subscription, Enter enter, Action<RoomReply> answered) => rooms.Enter(subscription, enter, answered);

    public void Exit(Subscription subscription, bool endMembership, Action<RoomReply>? answered) => rooms.Exit(subscription, endMembership, answered);

    public void Send(string room, RoomCommand command, Action<RoomReply> answered) => rooms.Send(room, command, answered);

    public void Typing(string room, string user) => rooms.Typing(room, user);

    public bool GoLive(Subscription subscription, out long head) => rooms.GoLive(subscription, out head);

    public Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken) => rooms.PageAsync(ask, cancellationToken);

    public Task<PresenceSnapshot> WhoAsync(string room, string user, int most) => rooms.WhoAsync(room, user, most);

    /// <summary>
    /// Removes the events that were appended after the cache was filled. The first and the last event of the page stay,
    /// so that the ends of the page do not show the gap.
    /// </summary>
    private IReadOnlyList<EncodedEvent> Stale(string room, IReadOnlyList<EncodedEvent> events)
    {
        var cached = _cached.GetOrAdd(room, _ => (events[^1].Event.Seq, time.GetTimestamp()));
        if (time.GetElapsedTime(cached.Filled) > TimeSpan.FromMilliseconds(faults.StaleMs))
        {
            _cached[room] = cached = (events[^1].Event.Seq, time.GetTimestamp());
        }

        return [.. events.Where((happened, at) => happened.Event.Seq <= cached.Head || at == 0 || at == events.Count - 1)];
    }
}
