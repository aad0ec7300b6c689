using Microsoft.Extensions.Logging;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// Waits at startup until a dependency can be used, and retries without end. The process cannot work without the
/// dependency. The process waits instead of ending, so that it can report the reason. A wait is logged when it begins,
/// once per minute while it lasts, and when it ends. Thread-safe.
/// </summary>
public sealed partial class StartupWait(TimeProvider time, ILogger<StartupWait> logger)
{
    /// <summary>The dependency that a gateway waits for until it has its lease and its stream.</summary>
    public const string Cluster = "the cluster";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private string? _what;
    private string? _reason;
    private long _began;
    private long _reminded;
    private int _attempts;

    /// <summary>
    /// The dependency and why it cannot be used, as one sentence for a health endpoint; null if the process does not
    /// wait.
    /// </summary>
    public string? Reason
    {
        get
        {
            lock (_lock)
            {
                return _what is null ? null : $"Waiting for {_what}: {_reason}";
            }
        }
    }

    /// <summary>
    /// Calls <paramref name="attempt"/> until it succeeds. Rethrows an exception that is not temporary, and
    /// <see cref="OperationCanceledException"/> when cancelled.
    /// </summary>
    /// <param name="what">The dependency, as log messages name it, such as <c>the message log</c>.</param>
    public async Task UntilAsync(
        string what, Func<CancellationToken, Task> attempt, Func<Exception, bool> isTemporary, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await attempt(cancellationToken);
                Reached(what);
                return;
            }
            catch (Exception exception) when (isTemporary(exception) && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(Failed(what, exception), time, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Records a failed attempt. Returns how long to wait before the next attempt: 0.5 s, doubled each time up to 5 s.
    /// </summary>
    public TimeSpan Failed(string what, Exception exception)
    {
        lock (_lock)
        {
            (_reason, var isNew) = (Sentence(exception), _what != what);
            if (isNew)
            {
                (_what, _attempts) = (what, 0);
                _began = _reminded = time.GetTimestamp();
                LogBegan(what, _reason);
            }
            else if (time.GetElapsedTime(_reminded) >= ReminderPeriod)
            {
                _reminded = time.GetTimestamp();
                LogGoesOn(what, time.GetElapsedTime(_began).TotalSeconds, _attempts, _reason);
            }

            var pause = FirstPause * Math.Pow(2, Math.Min(_attempts++, 8));
            return pause < MaxPause ? pause : MaxPause;
        }
    }

    /// <summary>Ends the wait for <paramref name="what"/>, if there is one.</summary>
    public void Reached(string what)
    {
        lock (_lock)
        {
            if (_what == what)
            {
                LogOver(what, time.GetElapsedTime(_began).TotalSeconds, _attempts);
                _what = null;
            }
        }
    }

    private static string Sentence(Exception exception)
    {
        var message = exception.Message.ReplaceLineEndings(" ");
        return exception.InnerException is { } inner && !message.Contains(inner.Message, StringComparison.Ordinal)
            ? $"{message.TrimEnd('.', ':')}: {Sentence(inner)}"
            : message;
    }

    [LoggerMessage(1, LogLevel.Warning, "Waiting for {What}: {Reason}")]
    private partial void LogBegan(string what, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Still waiting for {What} after {Seconds:0} s and {Attempts} attempts: {Reason}")]
    private partial void LogGoesOn(string what, double seconds, int attempts, string reason);

    [LoggerMessage(3, LogLevel.Information, "Reached {What} after {Seconds:0} s; {Attempts} attempts had failed")]
    private partial void LogOver(string what, double seconds, int attempts);
}
