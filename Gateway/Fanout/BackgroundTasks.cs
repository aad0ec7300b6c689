using System.Collections.Concurrent;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// Owns background tasks, and logs their failures. When the gateway stops, it waits for all these tasks.
/// </summary>
internal sealed partial class BackgroundTasks(ILogger<BackgroundTasks> logger)
{
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();

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

    /// <summary>Waits until all tasks have completed, or until the token is cancelled.</summary>
    public async Task WhenDoneAsync(CancellationToken cancellationToken)
    {
        while (!_tasks.IsEmpty)
        {
            await Task.WhenAll(_tasks.Keys).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    [LoggerMessage(251, LogLevel.Warning, "A background task failed")]
    private partial void LogFailed(Exception exception);
}
