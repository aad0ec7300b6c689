namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The gateway stream: the one Orleans stream through which rooms and users reach the sessions on a gateway. It has
/// nothing to do with the transactional inbox pattern.
/// </summary>
public static class GatewayStreamNames
{
    /// <summary>The stream provider's name, on silos and gateways.</summary>
    public const string Provider = "inbox";

    /// <summary>The grain storage in which the provider keeps subscriptions.</summary>
    public const string SubscriptionStore = "PubSubStore";

    /// <summary>
    /// The namespace of the streams. The key is the gateway's id, which is new at each process start and never reused.
    /// </summary>
    public const string Namespace = "gateway";
}
