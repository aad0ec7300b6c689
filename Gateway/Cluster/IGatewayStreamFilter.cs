using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Lets a test drop, delay, duplicate and reorder the items of the gateway stream before the gateway handles them. In
/// production, no filter is registered.
/// </summary>
internal interface IGatewayStreamFilter
{
    /// <summary>Called for each item of the stream, one item after another. The method must not wait.</summary>
    /// <param name="handOn">Passes an item to the gateway. The filter may call this delegate from any thread.</param>
    void Received(GatewayStreamItem item, Action<GatewayStreamItem> handOn);
}
