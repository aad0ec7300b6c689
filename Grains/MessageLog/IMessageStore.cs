namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// A message log, with the methods that open, check and close it. It must be opened before use. Disposal commits the
/// appends that were accepted, then closes the store.
/// </summary>
internal interface IMessageStore : IMessageLog, IAsyncDisposable
{
    /// <summary>
    /// Locks a store that only one process may use. Does nothing for other stores. The operating system releases the
    /// lock when the process ends, even after a crash. Throws <see cref="MessageLogUnusableException"/> if another
    /// process has the lock.
    /// </summary>
    void Lock();

    /// <summary>
    /// Creates or migrates the tables, and checks that they can be written. May be called again after a failure. Throws
    /// <see cref="MessageLogUnavailableException"/> if a retry may succeed, and
    /// <see cref="MessageLogUnusableException"/> if it cannot.
    /// </summary>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Checks that the log can be written. Completes at once if a commit succeeded within the last
    /// <see cref="StoreWatch.Fresh"/>. Otherwise the probe makes a write that changes nothing. Throws
    /// <see cref="MessageLogUnavailableException"/> if this write fails.
    /// </summary>
    Task ProbeAsync(CancellationToken cancellationToken);
}
