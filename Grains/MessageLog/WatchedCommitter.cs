namespace OrleansChat.Grains.MessageLog;

/// <summary>Records the outcome of each commit in a <see cref="StoreWatch"/>.</summary>
internal sealed class WatchedCommitter(ICommitter committer, StoreWatch watch) : ICommitter
{
    public Task<AppendResult[]> CommitAsync(IReadOnlyList<RoomAppend> appends, CancellationToken cancellationToken) =>
        watch.WatchAsync(committer.CommitAsync(appends, cancellationToken));
}
