namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Decides when each client of a draining gateway leaves, and when it may reconnect. Clients reconnect one after
/// another, at <see cref="Rate"/>. If the last client can reconnect before the time <paramref name="within"/> has
/// passed, each client stays connected until it may reconnect. Otherwise all clients leave during this time, and each
/// client gets the delay after which it may reconnect.
/// <code>
///   leave       |·  ·  ·  ·  ·  ·|            within: when the last client leaves
///   reconnect   |·   ·   ·   ·   ·   ·|       away: how much later the last client may reconnect
/// </code>
/// </summary>
/// <param name="within">Maximum time until the last client leaves.</param>
/// <param name="away">
/// Maximum time between the end of <paramref name="within"/> and the reconnect of the last client. If this time is too
/// short, clients reconnect faster than <see cref="Rate"/>.
/// </param>
internal sealed class DrainPace(TimeSpan within, TimeSpan away, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>Number of clients that may leave now. It starts at 1, so the first client leaves at once.</summary>
    private double _due = 1;

    /// <summary>Time of the last update of <see cref="_due"/>, in seconds since the start.</summary>
    private double _counted;

    /// <summary>Time at which the next client may reconnect, in seconds since the start.</summary>
    private double _back;
    private double _betweenReturns;

    /// <summary>Clients per second that may reconnect.</summary>
    public required double Rate { get; set; }

    /// <summary>True if clients reconnect faster than <see cref="Rate"/>.</summary>
    public bool IsForced { get; private set; }

    private double Now => time.GetElapsedTime(_began).TotalSeconds;

    /// <summary>
    /// Returns how many of the remaining clients may leave now. The caller calls <see cref="NextReturn"/> once for each
    /// of these clients.
    /// </summary>
    public int Due(int left)
    {
        var now = Now;
        var returning = PerSecond(left, (within + away).TotalSeconds - Math.Max(now, _back));
        IsForced |= returning > Rate;
        returning = Math.Max(Rate, returning);
        _betweenReturns = 1 / returning;

        _due += (now - _counted) * Math.Max(returning, PerSecond(left, within.TotalSeconds - now));
        _counted = now;
        var due = (int)Math.Min(left, _due);
        _due -= due;
        return due;
    }

    /// <summary>Returns the reconnect delay of the next client that leaves, in milliseconds.</summary>
    public int NextReturn()
    {
        var now = Now;
        var back = Math.Max(now, _back);
        _back = back + _betweenReturns;
        return (int)((back - now) * 1000);
    }

    /// <summary>
    /// The number of remaining clients, divided by the remaining seconds. If no time remains, the result is larger than
    /// any number of clients.
    /// </summary>
    private static double PerSecond(int left, double seconds) => seconds > 0 ? left / seconds : double.MaxValue / 1e6;
}
