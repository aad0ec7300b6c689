using Microsoft.Extensions.Logging;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// Tracks the outcomes of one kind of write. The readiness check uses it to see whether writes succeed. It logs when an
/// outage begins and ends, and at most once per minute in between. Thread-safe.
/// </summary>
/// <param name="writes">The name of the writes in log messages, for example <c>commits</c>.</param>
internal sealed partial class StoreWatch(string writes, TimeProvider time, ILogger logger)
{
    /// <summary>How long a successful write proves that the log can be written.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _succeeded;
    private long _began;
    private long _reminded;
    private long _failures;

    /// <summary>True if the last write succeeded less than <see cref="Fresh"/> ago.</summary>
    public bool IsFresh
    {
        get
        {
            lock (_lock)
            {
                return _failures == 0 && _succeeded != 0 && time.GetElapsedTime(_succeeded) < Fresh;
            }
        }
    }

    /// <summary>Awaits a write and records its outcome. Returns its result or rethrows its exception.</summary>
    public async Task<T> WatchAsync<T>(Task<T> write)
    {
        try
        {
            var result = await write;
            Succeeded();
            return result;
        }
        catch (MessageLogUnavailableException exception)
        {
            Failed(exception);
            throw;
        }
        catch (MessageLogEntryException)
        {
            // The store works: it refused an invalid entry.
            Succeeded();
            throw;
        }
    }

    private void Succeeded()
    {
        lock (_lock)
        {
            _succeeded = Math.Max(1, time.GetTimestamp());
            if (_failures > 0)
            {
                LogOver(logger, writes, time.GetElapsedTime(_began).TotalSeconds, _failures);
                _failures = 0;
            }
        }
    }

    private void Failed(MessageLogUnavailableException reason)
    {
        lock (_lock)
        {
            if (_failures++ == 0)
            {
                _began = _reminded = time.GetTimestamp();
                LogBegan(logger, writes, reason);
            }
            else if (time.GetElapsedTime(_reminded) >= ReminderPeriod)
            {
                _reminded = time.GetTimestamp();
                LogGoesOn(logger, writes, _failures, time.GetElapsedTime(_began).TotalSeconds, reason.Message);
            }
        }
    }

    [LoggerMessage(20, LogLevel.Warning, "Message log: {Writes} fail")]
    private static partial void LogBegan(ILogger logger, string writes, Exception exception);

    [LoggerMessage(21, LogLevel.Warning, "Message log: {Writes} still fail, {Count} failures in {Seconds:0} s, the last one: {Reason}")]
    private static partial void LogGoesOn(ILogger logger, string writes, long count, double seconds, string reason);

    [LoggerMessage(22, LogLevel.Information, "Message log: {Writes} succeed again after {Seconds:0} s; {Count} had failed")]
    private static partial void LogOver(ILogger logger, string writes, double seconds, long count);
}
