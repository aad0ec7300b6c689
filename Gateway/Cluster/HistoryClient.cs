using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Calls the history grain for sessions, a limited number of calls at a time. The reads of subscriptions that catch up
/// have a limit of their own, so that clients that request pages do not delay these reads.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "SemaphoreSlim needs disposal only if its AvailableWaitHandle is used.")]
internal sealed class HistoryClient(IGrainFactory grains, RoomFeeds feeds, IOptions<FanoutOptions> options, TimeProvider time) : IHistory
{
    /// <summary>How long a call for a client waits for other calls before it is refused.</summary>
    private static readonly TimeSpan PagePatience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _pages = new(options.Value.PagesAtATime);
    private readonly SemaphoreSlim _catchUps = new(options.Value.PagesAtATime);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken)
    {
        await _catchUps.WaitAsync(cancellationToken);
        try
        {
            return feeds.Find(room) is { } feed ? await feed.ReadAsync(after, limit).WaitAsync(cancellationToken) : [];
        }
        finally
        {
            _catchUps.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken) =>
        await InTurnAsync(history => history.PageAsync(ask, cancellationToken), cancellationToken) ?? new([], 0, Refusal.Unavailable);

    /// <inheritdoc/>
    public Task<ConversationPage?> ConversationsAsync(ConversationAsk ask, CancellationToken cancellationToken) =>
        InTurnAsync(history => history.ConversationsAsync(ask), cancellationToken);

    /// <inheritdoc/>
    public Task<ConversationReply?> SetConversationAsync(ConversationSet set, CancellationToken cancellationToken) =>
        InTurnAsync(history => history.SetConversationAsync(set), cancellationToken);

    /// <inheritdoc/>
    public async Task<MemberPage> MembersAsync(MembersAsk ask, CancellationToken cancellationToken) =>
        await InTurnAsync(history => history.MembersAsync(ask), cancellationToken) ?? new([], false, Refusal.Unavailable);

    /// <inheritdoc/>
    public async Task<ReaderPage> ReadersAsync(ReadersAsk ask, CancellationToken cancellationToken) =>
        await InTurnAsync(history => history.ReadersAsync(ask), cancellationToken) ?? new([], false, new(Refusal.Unavailable, ""));

    /// <inheritdoc/>
    public Task<ConversationReply?> BlockAsync(BlockSet set, CancellationToken cancellationToken) =>
        InTurnAsync(history => history.BlockAsync(set), cancellationToken);

    /// <inheritdoc/>
    public Task<string[]?> BlocksAsync(string user, CancellationToken cancellationToken) =>
        InTurnAsync(history => history.BlocksAsync(user), cancellationToken);

    /// <inheritdoc/>
    public async Task<RoomReply> ReportAsync(ReportAsk ask, CancellationToken cancellationToken) =>
        await InTurnAsync(history => history.ReportAsync(ask), cancellationToken) ?? new Refused(Refusal.Unavailable, "");

    /// <inheritdoc/>
    public async Task<ReportPage> ReportsAsync(ReportsAsk ask, CancellationToken cancellationToken) =>
        await InTurnAsync(history => history.ReportsAsync(ask), cancellationToken) ?? new([], false, new(Refusal.Unavailable, ""));

    /// <inheritdoc/>
    public async Task<RoomReply> DismissAsync(DismissAsk ask, CancellationToken cancellationToken) =>
        await InTurnAsync(history => history.DismissAsync(ask), cancellationToken) ?? new Refused(Refusal.Unavailable, "");

    /// <summary>
    /// Makes a call as soon as the limit of concurrent calls allows. Returns null if the wait exceeds
    /// <see cref="PagePatience"/>.
    /// </summary>
    private async Task<T?> InTurnAsync<T>(Func<IHistoryGrain, Task<T>> read, CancellationToken cancellationToken) where T : class
    {
        using var patience = new CancellationTokenSource(PagePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _pages.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        try
        {
            return await read(grains.GetGrain<IHistoryGrain>(0));
        }
        finally
        {
            _pages.Release();
        }
    }
}
