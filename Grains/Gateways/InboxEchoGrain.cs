using Orleans.Concurrency;
using Orleans.Streams;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>Takes the way that rooms and users take to a gateway.</summary>
[StatelessWorker]
internal sealed class InboxEchoGrain : Grain, IInboxEchoGrain
{
    public Task EchoAsync(string gateway, long number) => this.GetStreamProvider(Inbox.Provider)
        .GetStream<InboxItem>(StreamId.Create(Inbox.Namespace, gateway)).OnNextAsync(new InboxEcho(number));
}
