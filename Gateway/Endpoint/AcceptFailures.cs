using System.Net;
using System.Net.Sockets;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Tracks the failed accepts of one listener. An accept fails if the process or the system has no file descriptor or
/// memory for another connection. Connections that are not accepted yet stay in the listener's backlog. One message is
/// logged when failures begin, and one message with a count when the failures have ended. Not thread-safe: one accept
/// is in progress at a time.
/// </summary>
internal sealed partial class AcceptFailures(EndPoint endpoint, TimeProvider time, ILogger logger)
{
    /// <summary>The pause after the first failure. Each further failure in a row doubles the pause.</summary>
    internal static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause. After descriptors are available again, new clients wait at most this long.</summary>
    internal static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// If no accept fails for this time, the failures count as ended. A single successful accept does not end them,
    /// because while descriptors are scarce, some accepts succeed and others fail.
    /// </summary>
    internal static readonly TimeSpan Calm = TimeSpan.FromSeconds(10);

    private int _inARow;
    private long _count;
    private long _began;
    private long _last;

    /// <summary>Records a failed accept. Returns the pause before the next accept.</summary>
    public TimeSpan Failed(SocketError error)
    {
        _last = time.GetTimestamp();
        if (_count++ == 0)
        {
            _began = _last;
            LogBegan(endpoint, error);
        }

        return TimeSpan.FromTicks(Math.Min(MaxPause.Ticks, FirstPause.Ticks << Math.Min(_inARow++, 10)));
    }

    public void Accepted()
    {
        _inARow = 0;
        if (_count > 0 && time.GetElapsedTime(_last) >= Calm)
        {
            LogEnded(endpoint, _count, time.GetElapsedTime(_began, _last).TotalSeconds);
            _count = 0;
        }
    }

    [LoggerMessage(101, LogLevel.Error, "Accepting connections at {Endpoint} fails ({Error}); new connections wait. Raise the limit of open files (ulimit -n), or lower Http:Sockets and Connections:MaxConnections")]
    private partial void LogBegan(EndPoint endpoint, SocketError error);

    [LoggerMessage(102, LogLevel.Warning, "Accepting connections at {Endpoint} works again; {Count} accepts failed within {Seconds:0} s")]
    private partial void LogEnded(EndPoint endpoint, long count, double seconds);
}
