namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>The system's clock, with a time of day that a test can move forward. Timers are not affected.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ticks));

    public void Shift(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
