namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// Publishes to a gateway's inbox what the gateway asks it to, so that the gateway can tell a silent inbox from a quiet one. Any key;
/// different keys are answered by different silos.
/// </summary>
[Alias("chat.echo")]
public interface IInboxEchoGrain : IGrainWithIntegerKey
{
    /// <summary>Publishes an <see cref="InboxEcho"/>. Completes once it is queued; throws where it cannot be.</summary>
    [Alias("echo")]
    Task EchoAsync(string gateway, long number);
}
