using System.Diagnostics;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Ends a connection if its token has expired and no new token arrives within the grace period. There is one timer for
/// the life of the connection. Thread-safe.
/// </summary>
/// <param name="grace">
/// How long the connection may stay open after its token has expired, so that the client can still send a new token.
/// </param>
/// <param name="end">Ends the connection. Called outside the lock.</param>
internal sealed class Expiry(TimeProvider time, TimeSpan grace, Action<CloseCode, string> end) : IDisposable
{
    /// <summary>
    /// Maximum time until the timer fires. The runtime does not allow longer times than about 49 days, but a token may
    /// be valid for longer. In addition, the gateway notices a change of the system clock only when the timer fires.
    /// </summary>
    private static readonly TimeSpan Turn = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private ITimer? _timer;
    private bool _disposed;
    private long? _exp;

    /// <summary>When the token expires, in Unix seconds; null if it never expires.</summary>
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

    /// <summary>Sets the expiry of the current token, in Unix seconds; null if it never expires.</summary>
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

    /// <summary>Time until the timer must fire next.</summary>
    private TimeSpan Wait
    {
        get
        {
            Debug.Assert(_gate.IsHeldByCurrentThread);
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
                // It is too early to end the connection: the client has sent a new token, the timer fired after the
                // maximum time although the grace period ends later, or the system clock was set back.
                _timer!.Change(Wait, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        end(CloseCode.TokenExpired, "the token expired");
    }
}
