namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>
/// Waits for work in a database until a deadline. To cancel a statement, Npgsql opens a new connection to the server
/// and blocks the cancelling thread until the server closes this connection. If the server is frozen, the thread blocks
/// for ever. So the work gets no cancellation token. Its caller abandons it instead.
/// </summary>
internal static class PostgresPatience
{
    /// <summary>
    /// Waits for the work until the token is cancelled. Abandoned work continues until the server answers or the
    /// connection breaks, and must then release its resources itself. Meanwhile the work keeps its connection of the
    /// pool, so the pool limits the amount of abandoned work.
    /// </summary>
    public static async Task<T> OrLeaveAsync<T>(this Task<T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!work.IsCompleted)
        {
            _ = work.ContinueWith(
                static left => left.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }
}
