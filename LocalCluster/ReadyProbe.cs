using System.Net;

namespace OrleansChat.LocalCluster;

/// <summary>Asks children over HTTP whether they are ready.</summary>
/// <param name="within">How long a child may take to become ready.</param>
internal sealed class ReadyProbe(TimeSpan within, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    /// <summary>
    /// How long a child may wait for a dependency, such as the database. This is long enough for a database that starts
    /// together with the cluster.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Prefix of a child's answer while it waits for a dependency.
    private const string Waiting = "Waiting for ";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    /// <summary>How long a child may take to become ready.</summary>
    public TimeSpan Within => within;

    /// <summary>
    /// Waits until the child is ready. Returns false if the child ended, or was not ready in time. Throws
    /// <see cref="CannotStartException"/> with the child's own message if the child has waited too long for a
    /// dependency.
    /// </summary>
    public async Task<bool> ReadyAsync(ProcessPlan plan, Task ended, CancellationToken cancellationToken)
    {
        long? waits = null;
        for (var started = time.GetTimestamp(); time.GetElapsedTime(started) < within; await Task.Delay(Pause, time, cancellationToken))
        {
            // After the answer, check whether the child has ended. If so, the answer may be from another process that
            // has taken the child's port.
            var answered = await AnswersAsync(plan, cancellationToken);
            if (ended.IsCompleted)
            {
                return false;
            }

            if (answered is { Length: 0 })
            {
                return true;
            }

            waits = answered?.StartsWith(Waiting, StringComparison.Ordinal) is true ? waits ?? time.GetTimestamp() : null;
            if (waits is { } since && time.GetElapsedTime(since) > Patience)
            {
                throw new CannotStartException($"{plan.Name} cannot start. {ClusterPlan.InOptions(answered!)}");
            }
        }

        return false;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Returns an empty text if the child is ready, the text of its answer if it is not ready, and null if it does not
    /// answer.
    /// </summary>
    private async Task<string?> AnswersAsync(ProcessPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(plan.Ready, cancellationToken);
            return answer.StatusCode is HttpStatusCode.OK ? "" : await answer.Content.ReadAsStringAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
