namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// When something that is done for many at once is due: at once while it is calm, and where it is busy so long after the last time. A few times
/// in a row are free, so that what only comes close together is not held up. A gateway calls a room by it, and a room tells a gateway.
/// </summary>
/// <param name="period">The time between two times where it is busy; zero for no pace.</param>
public sealed class Pace(TimeSpan period, TimeProvider time)
{
    /// <summary>Times in a row that are free.</summary>
    public const int Free = 4;

    private readonly long _start = time.GetTimestamp();

    /// <summary>Up to when the times so far have used the pace up.</summary>
    private TimeSpan _used;

    /// <summary>How long to wait; zero or less for not at all.</summary>
    public TimeSpan Wait => _used - Now - ((Free - 1) * period);

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>It is done now.</summary>
    /// <param name="periods">How long it is until the next time.</param>
    public void Done(double periods = 1)
    {
        // What is done before its time, as enough wait, costs no more than this one time: else it would be paid when it is calm again.
        var most = Now + ((Free - 1) * period);
        _used = (_used < Now ? Now : _used > most ? most : _used) + (periods * period);
    }
}
