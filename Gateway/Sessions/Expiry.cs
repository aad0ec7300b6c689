using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>Until when a connection may speak for its user: one timer from its first token to its end. Safe for several callers.</summary>
/// <param name="grace">For which it may go on after its token's time, so that a fresh one can still come.</param>
/// <param name="end">Ends the connection then; called outside of any lock.</param>
internal sealed class Expiry(TimeProvider time, TimeSpan grace, Action<CloseCode, string> end) : IDisposable
{
    /// <summary>The longest wait of one turn: timers know bounds, tokens do not, and a clock that is set right meanwhile is seen.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private ITimer? _timer;
    private bool _disposed;
    private long? _exp;

    /// <summary>When the token's time is over, in Unix seconds; null for never.</summary>
    public long? Exp
    {
        get
        {
            lock (_gate)
            {
                return _exp;
            }
        }
    }

    /// <summary>Another token counts from now on; null for one that is needed no longer.</summary>
    public void Set(long? exp)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _exp = exp;
            if (exp is not null)
            {
                _timer ??= time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            _timer?.Change(Wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
        }
    }

    /// <summary>Until the next look; under the lock.</summary>
    private TimeSpan Wait
    {
        get
        {
            if (_exp is not { } exp)
            {
                return Timeout.InfiniteTimeSpan;
            }

            var left = exp + grace.TotalSeconds - (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
            return TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(left * 1000), 0, Turn.TotalMilliseconds));
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_disposed || _exp is null)
            {
                return;
            }

            if (Wait > TimeSpan.Zero)
            {
                // Renewed meanwhile, or only a turn of a long wait.
                _timer!.Change(Wait, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        end(CloseCode.TokenExpired, "the token expired");
    }
}
