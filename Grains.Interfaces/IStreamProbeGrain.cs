namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// Publishes a probe to a gateway's stream at the gateway's request. If the probe does not arrive, the stream is broken
/// and not just quiet. Any key may be used: the grain is a stateless worker, and calls with different keys are spread
/// over the silos.
/// </summary>
[Alias("chat.echo")]
public interface IStreamProbeGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Publishes an <see cref="StreamProbe"/>. Completes when the stream queue has accepted it; throws if the queue did
    /// not accept it.
    /// </summary>
    [Alias("echo")]
    Task ProbeAsync(string gateway, long number);
}
