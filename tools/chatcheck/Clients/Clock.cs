namespace OrleansChat.ChatCheck.Clients;

/// <summary>The only clock of a run. Every recorded time comes from this clock.</summary>
internal sealed class Clock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Microseconds since the start of the run.</summary>
    public long Now => time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The provider for delays and timers.</summary>
    public TimeProvider Time => time;

    /// <summary>Converts a span to microseconds.</summary>
    public static long Of(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
}
