namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The names of the gateway streams. Each gateway has one such Orleans stream: the grains of rooms and users publish to
/// it, to reach the sessions on that gateway.
/// </summary>
public static class GatewayStreamNames
{
    /// <summary>
    /// The stream provider's name, on silos and gateways. It does not refer to the transactional inbox pattern.
    /// </summary>
    public const string Provider = "inbox";

    /// <summary>The grain storage in which the provider keeps subscriptions.</summary>
    public const string SubscriptionStore = "PubSubStore";

    /// <summary>
    /// The namespace of the gateway streams. A stream's key is the gateway's id. Each start of a gateway process
    /// creates a new id, and no id is ever reused.
    /// </summary>
    public const string Namespace = "gateway";
}
