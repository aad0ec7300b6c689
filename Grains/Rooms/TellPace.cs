namespace OrleansChat.Grains.Rooms;

/// <summary>
/// When a room tells a gateway next: at once while it is calm, and where it is busy so long after the last time. A few times in a row are
/// free, so that what only comes close together is not held up.
/// </summary>
/// <param name="period">The time between two times of a busy room; zero for no pace.</param>
internal sealed class TellPace(TimeSpan period, TimeProvider time)
{
    /// <summary>Times in a row that are free.</summary>
    public const int Free = 4;

    private readonly long _start = time.GetTimestamp();

    /// <summary>Up to when the times so far have used the pace up.</summary>
    private TimeSpan _used;

    /// <summary>How long to wait; zero or less for not at all.</summary>
    public TimeSpan Wait => _used - Now - ((Free - 1) * period);

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>
    /// So many events are told now. Where they gather, the next wait is half as long again: fewer and larger frames, for everybody in the room.
    /// </summary>
    public void Told(int events)
    {
        var step = (events > 1 ? 1.5 : 1) * period;

        // A room that tells before its time, as enough wait, owes no more for it than this one time: else it would pay when it is calm again.
        var most = Now + ((Free - 1) * period);
        _used = (_used < Now ? Now : _used > most ? most : _used) + step;
    }
}
