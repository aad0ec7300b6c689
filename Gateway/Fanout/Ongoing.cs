using System.Collections.Concurrent;

namespace OrleansChat.Gateway.Fanout;

/// <summary>The owner of background tasks: a failure is logged, and the end waits for all of them.</summary>
internal sealed partial class Ongoing(ILogger<Ongoing> logger)
{
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();

    /// <summary>Takes a task over.</summary>
    public void Add(Task task)
    {
        if (task.IsCompletedSuccessfully)
        {
            return;
        }

        _tasks[task] = true;
        _ = task.ContinueWith(
            done =>
            {
                _tasks.TryRemove(done, out _);
                if (done.Exception is { } failure)
                {
                    LogFailed(failure.GetBaseException());
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Waits for those that are under way, as long as the token allows.</summary>
    public async Task WhenDoneAsync(CancellationToken cancellationToken)
    {
        while (!_tasks.IsEmpty)
        {
            await Task.WhenAll(_tasks.Keys).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A background call failed")]
    private partial void LogFailed(Exception failure);
}
