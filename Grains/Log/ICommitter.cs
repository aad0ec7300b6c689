namespace OrleansChat.Grains.Log;

/// <summary>Commits appends to several rooms at once: the part of a store that <see cref="GroupCommit"/> drives, one call at a time.</summary>
internal interface ICommitter
{
    /// <summary>
    /// One commit of one append for each of several rooms; a fenced room commits nothing and the others do. Results in the order of the appends.
    /// Throws <see cref="LogEntryException"/> when a row was the reason and nothing was committed, and
    /// <see cref="LogUnavailableException"/> when the store was, or when the outcome is not known.
    /// </summary>
    Task<AppendResult[]> CommitAsync(IReadOnlyList<RoomAppend> appends, CancellationToken cancellationToken);
}
