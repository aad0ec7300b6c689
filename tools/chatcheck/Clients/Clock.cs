namespace OrleansChat.ChatCheck.Clients;

/// <summary>The run's time: one clock for everything that is recorded.</summary>
internal sealed class Clock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Microseconds since the start of the run.</summary>
    public long Now => time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>What waits and timers go by.</summary>
    public TimeProvider Time => time;

    /// <summary>A span in microseconds.</summary>
    public static long Of(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
}
