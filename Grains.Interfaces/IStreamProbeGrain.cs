namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// Publishes a probe to a gateway's stream at the gateway's request. If probes do not arrive, the gateway treats the
/// stream as broken. Without probes, a broken stream looks like a stream without traffic. The grain is a stateless
/// worker. A caller can use any key. Orleans spreads calls with different keys over the silos.
/// </summary>
[Alias("chat.echo")]
public interface IStreamProbeGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Publishes an <see cref="StreamProbe"/>. Completes when the stream queue has accepted the probe. Throws if the
    /// queue did not accept it.
    /// </summary>
    [Alias("echo")]
    Task ProbeAsync(string gateway, long number);
}
