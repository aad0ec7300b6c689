using System.Collections.Concurrent;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Faulty.Gateway;

/// <summary>Changes the events that the gateway reads from the log for a client.</summary>
internal sealed class FaultyResume(IHistory history, GatewayFaults faults, TimeProvider time) : IHistory
{
    private readonly ConcurrentDictionary<string, (long Head, long Filled)> _cached = new();

    public async Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken)
    {
        var events = await history.ReadAsync(room, after, limit, cancellationToken);
        return events.Count == 0 ? events : faults.Resume == ResumeFault.Double ? [.. events, events[^1]] : Stale(room, events);
    }

    public Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken) => history.PageAsync(ask, cancellationToken);

    public Task<ConversationPage?> ConversationsAsync(ConversationAsk ask, CancellationToken cancellationToken) => history.ConversationsAsync(ask, cancellationToken);

    public Task<ConversationReply?> SetConversationAsync(ConversationSet set, CancellationToken cancellationToken) =>
        history.SetConversationAsync(set, cancellationToken);

    public Task<MemberPage> MembersAsync(MembersAsk ask, CancellationToken cancellationToken) => history.MembersAsync(ask, cancellationToken);

    public Task<ReaderPage> ReadersAsync(ReadersAsk ask, CancellationToken cancellationToken) => history.ReadersAsync(ask, cancellationToken);

    public Task<ConversationReply?> BlockAsync(BlockSet set, CancellationToken cancellationToken) => history.BlockAsync(set, cancellationToken);

    public Task<string[]?> BlocksAsync(string user, CancellationToken cancellationToken) => history.BlocksAsync(user, cancellationToken);

    public Task<RoomReply> ReportAsync(ReportAsk ask, CancellationToken cancellationToken) => history.ReportAsync(ask, cancellationToken);

    public Task<ReportPage> ReportsAsync(ReportsAsk ask, CancellationToken cancellationToken) => history.ReportsAsync(ask, cancellationToken);

    public Task<RoomReply> DismissAsync(DismissAsk ask, CancellationToken cancellationToken) => history.DismissAsync(ask, cancellationToken);

    /// <summary>
    /// Behaves like a stale cache: removes the events after a cached head, which is up to <c>StaleMs</c> old. Always
    /// keeps the first and the last event of the page, so that the missing events are in the middle of the page.
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
