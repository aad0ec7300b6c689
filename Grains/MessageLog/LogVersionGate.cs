using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// Whether the events of <see cref="LogVersion.Rights"/> may be appended. Until every process of the cluster knows
/// them, the message log does not allow them. Once they are allowed, they are allowed for ever. Thread-safe.
/// </summary>
internal sealed class LogVersionGate(IMessageLog log, TimeProvider time)
{
    /// <summary>Minimum time between two reads of the log.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<bool>? _reading;
    private long _read;
    private volatile bool _isOpen;

    /// <summary>
    /// Whether the events are allowed. Reads the log at most once per <see cref="Interval"/>, and never again after the
    /// log has allowed the events. False if the log cannot be reached.
    /// </summary>
    public ValueTask<bool> IsOpenAsync()
    {
        if (_isOpen)
        {
            return ValueTask.FromResult(true);
        }

        lock (_lock)
        {
            if (_reading is null || (_reading.IsCompleted && time.GetElapsedTime(_read) >= Interval))
            {
                _read = time.GetTimestamp();
                _reading = ReadAsync();
            }

            return new(_reading);
        }
    }

    private async Task<bool> ReadAsync()
    {
        try
        {
            return _isOpen = await log.VersionAsync(CancellationToken.None).ConfigureAwait(false) >= LogVersion.Rights;
        }
        catch (MessageLogUnavailableException)
        {
            return false;
        }
    }
}
