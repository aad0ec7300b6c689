namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The names that silos and gateways use for the gateway streams. Each gateway has one Orleans stream. The grains of
/// rooms and users publish to a gateway's stream to reach the sessions on this gateway.
/// </summary>
public static class GatewayStreamNames
{
    /// <summary>
    /// The stream provider's name, on silos and gateways. The name does not refer to the transactional inbox pattern.
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
