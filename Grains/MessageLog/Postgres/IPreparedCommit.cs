namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>The prepared statements of one kind of commit, on one connection. Allows one call at a time.</summary>
internal interface IPreparedCommit : IAsyncDisposable
{
    /// <summary>
    /// Commits the appends, and returns their results after the commit. Throws the exceptions of Npgsql. After an
    /// exception it is unknown whether anything was committed.
    /// </summary>
    Task<AppendResult[]> RunAsync(IReadOnlyList<RoomAppend> appends);
}
