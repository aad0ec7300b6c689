using Orleans.Concurrency;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// Publishes the probe to the gateway stream, in the same way as rooms and users publish their items.
/// </summary>
[StatelessWorker]
[GrainType("inboxecho")]
internal sealed class StreamProbeGrain : Grain, IStreamProbeGrain
{
    public Task ProbeAsync(string gateway, long number) => this.GetStreamProvider(GatewayStreamNames.Provider)
        .GetStream<GatewayStreamItem>(StreamId.Create(GatewayStreamNames.Namespace, gateway)).OnNextAsync(new StreamProbe(number));
}
