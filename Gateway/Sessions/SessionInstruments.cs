using System.Diagnostics.Metrics;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The meter <c>OrleansChat.Gateway.Sessions</c>.</summary>
internal sealed class SessionInstruments(IMeterFactory meters)
{
    /// <summary>The meter's name.</summary>
    public const string Meter = "OrleansChat.Gateway.Sessions";

    private readonly Meter _meter = meters.Create(Meter);
    private Counter<long>? _lagging;
    private Counter<long>? _gaps;
    private Counter<long>? _caughtUp;

    /// <summary>A connection's outbox was full: it is fed from the log from now on.</summary>
    public void Lagging() => (_lagging ??= _meter.CreateCounter<long>("orleanschat.session.lagging", "{times}")).Add(1);

    /// <summary>Events were named by a gap instead of being pushed.</summary>
    public void Gap(long events) => (_gaps ??= _meter.CreateCounter<long>("orleanschat.session.gap", "{events}")).Add(events);

    /// <summary>Events were pushed from the log.</summary>
    public void CaughtUp(int events) => (_caughtUp ??= _meter.CreateCounter<long>("orleanschat.session.caught_up", "{events}")).Add(events);
}
