namespace OrleansChat.Grains.Log.Postgres;

/// <summary>
/// Deadlines for work in a database. Npgsql's own cancellation first asks the server, over a new connection and blocking the thread that cancels,
/// until the server has closed it: against a server that is frozen that is for ever. So work gets no token, and its caller leaves it.
/// </summary>
internal static class PostgresPatience
{
    /// <summary>
    /// Waits for the work up to the token's end. Work that was left goes on until the server answers or the connection breaks, and must then
    /// put away what it holds itself; until then it keeps its place in the pool, and so is bounded by it.
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
