using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// A test seam between the gateway stream and the gateway. It may drop, delay, duplicate and reorder items. The gateway
/// itself registers no filter.
/// </summary>
internal interface IGatewayStreamFilter
{
    /// <summary>Handles an item of the stream. Called for one item after another. Must not wait.</summary>
    /// <param name="handOn">Passes an item to the gateway. May be called from any thread.</param>
    void Received(GatewayStreamItem item, Action<GatewayStreamItem> handOn);
}
