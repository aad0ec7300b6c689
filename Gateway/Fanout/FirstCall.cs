namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// What a gateway needs of the cluster before it can begin. A silo that has just died, or a cluster that is busy starting, costs a call its
/// whole response timeout and is no reason to end the process.
/// </summary>
internal static class FirstCall
{
    private const int Tries = 3;

    /// <summary>Calls until it succeeds, at most <see cref="Tries"/> times; then throws what the last one threw.</summary>
    public static async Task TryAsync(Func<Task> call, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await call();
                return;
            }
            catch (Exception away) when (tries < Tries && away is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
            {
                // Again at once: what failed has waited for long already, or goes another way now.
            }
        }
    }
}
