namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// Commits one append for each of several rooms. An append under a stale claim number commits nothing, and does not
/// affect the other appends. The results are in the order of the appends. An append with
/// <see cref="RoomAppend.Create"/> first creates or claims its room. Such an append is never fenced, and its result has
/// the claim. Throws <see cref="MessageLogEntryException"/> if the store refused a row. In this case nothing was
/// committed. Throws <see cref="MessageLogUnavailableException"/> if the store failed or the outcome is unknown.
/// <see cref="GroupCommit"/> makes one call at a time.
/// </summary>
internal delegate Task<AppendResult[]> CommitAppends(IReadOnlyList<RoomAppend> appends, CancellationToken cancellationToken);
