namespace OrleansChat.Gateway;

/// <summary>
/// When each of a draining gateway's clients goes, and when it is to come back. They come back one after another, at <see cref="Rate"/>. As
/// long as that ends in time each stays connected until its moment; else all go in time, and those who go early for their moment are told
/// how long to wait.
/// <code>
///   go     |·  ·  ·  ·  ·  ·|            within: the gateway's own limit
///   back   |·   ·   ·   ·   ·   ·|       away: how much longer the last one may be out
/// </code>
/// </summary>
/// <param name="within">By when the last one goes.</param>
/// <param name="away">How long after that the last one comes back at the latest, whatever the rate.</param>
internal sealed class DrainPace(TimeSpan within, TimeSpan away, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>Who may go already; the first one at once.</summary>
    private double _due = 1;

    /// <summary>Seconds from the beginning: until then the rate is accounted for, and the moment of the next one to come back.</summary>
    private double _counted;
    private double _back;
    private double _betweenReturns;

    /// <summary>Clients a second that may come back.</summary>
    public required double Rate { get; set; }

    /// <summary>Whether the others get more than their rate, for want of time.</summary>
    public bool IsForced { get; private set; }

    private double Now => time.GetElapsedTime(_began).TotalSeconds;

    /// <summary>How many of those that are left may go now. Each that goes is to ask for its <see cref="NextReturn"/>.</summary>
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

    /// <summary>After how many milliseconds the next one to go comes back.</summary>
    public int NextReturn()
    {
        var now = Now;
        var back = Math.Max(now, _back);
        _back = back + _betweenReturns;
        return (int)((back - now) * 1000);
    }

    /// <summary>What it takes to be through in time; where there is none left, more than there are.</summary>
    private static double PerSecond(int left, double seconds) => seconds > 0 ? left / seconds : double.MaxValue / 1e6;
}
