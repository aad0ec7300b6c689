using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Lets a test drop, delay, duplicate and reorder the items of the gateway stream before the gateway gets them. In
/// production, no filter is registered.
/// </summary>
internal interface IGatewayStreamFilter
{
    /// <summary>Handles an item of the stream. Called for one item after another. Must not wait.</summary>
    /// <param name="handOn">Passes an item to the gateway. May be called from any thread.</param>
    void Received(GatewayStreamItem item, Action<GatewayStreamItem> handOn);
}
