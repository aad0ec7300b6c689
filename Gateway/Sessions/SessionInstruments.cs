using System.Diagnostics.Metrics;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The meter <c>OrleansChat.Gateway.Sessions</c>.</summary>
internal sealed class SessionInstruments(IMeterFactory meters)
{
    public const string Meter = "OrleansChat.Gateway.Sessions";

    private readonly Meter _meter = meters.Create(Meter);
    private Counter<long>? _lagging;
    private Counter<long>? _gaps;
    private Counter<long>? _caughtUp;

    /// <summary>
    /// Counts a connection whose send queue was full. Until the connection has caught up, its events are read from the
    /// message log.
    /// </summary>
    public void Lagging() => (_lagging ??= _meter.CreateCounter<long>("orleanschat.session.lags", "{session}")).Add(1);

    /// <summary>Counts events that were not pushed, and that a <c>gap</c> frame named instead.</summary>
    public void Gap(long events) => (_gaps ??= _meter.CreateCounter<long>("orleanschat.session.gap_events", "{event}")).Add(events);

    /// <summary>Counts events that were queued from the message log.</summary>
    public void CaughtUp(int events) => (_caughtUp ??= _meter.CreateCounter<long>("orleanschat.session.catch_up_events", "{event}")).Add(events);
}
