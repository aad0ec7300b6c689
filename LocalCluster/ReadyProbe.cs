using System.Net;

namespace OrleansChat.LocalCluster;

/// <summary>Asks children whether they are ready.</summary>
/// <param name="within">How long one may take to become so.</param>
internal sealed class ReadyProbe(TimeSpan within, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    /// <summary>How long a child may take to become ready.</summary>
    public TimeSpan Within => within;

    /// <summary>True once the child answers that it is ready; false where it ended, or was not ready in time.</summary>
    public async Task<bool> ReadyAsync(ChildPlan plan, Task ended, CancellationToken cancellationToken)
    {
        for (var started = time.GetTimestamp(); time.GetElapsedTime(started) < within; await Task.Delay(Pause, time, cancellationToken))
        {
            // Its end is looked at after its answer, for the answer may be that of a stranger who took its port.
            var answered = await AnswersAsync(plan, cancellationToken);
            if (ended.IsCompleted)
            {
                return false;
            }

            if (answered)
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> AnswersAsync(ChildPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(plan.Ready, cancellationToken);
            return answer.StatusCode is HttpStatusCode.OK;
        }
        catch (Exception refused) when (refused is HttpRequestException || (refused is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
