using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime.Placement;
using Orleans.Streams;
using Orleans.TestingHost;

namespace OrleansChat.Streams.Tests;

/// <summary>An Orleans client with its own host, like a gateway.</summary>
internal sealed class TestGateway(IHost host, string provider) : IAsyncDisposable
{
    private readonly IClusterClient _client = host.Services.GetRequiredService<IClusterClient>();

    public Task StartAsync() => host.StartAsync();

    public IAsyncStream<Item> Stream(string key) => _client.GetStreamProvider(provider).GetStream<Item>("test", key);

    /// <summary>Subscribes a listener. The callback <paramref name="onNext"/> may delay the delivery.</summary>
    public async Task<Listener> SubscribeAsync(string key, Func<Item, Task>? onNext = null)
    {
        var listener = new Listener(onNext ?? (_ => Task.CompletedTask));
        listener.Subscription = await Stream(key).SubscribeAsync(listener);
        return listener;
    }

    /// <summary>Returns a producer. If <paramref name="silo"/> is not null, the producer is on this silo.</summary>
    public async Task<IProducerGrain> ProducerAsync(string name, SiloHandle? silo = null)
    {
        var producer = _client.GetGrain<IProducerGrain>($"{provider}/{name}");
        if (silo is not null)
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo.SiloAddress);
        }

        try
        {
            var where = await producer.Where();
            if (silo is not null)
            {
                Assert.Equal(silo.SiloAddress, where);
            }
        }
        finally
        {
            RequestContext.Clear();
        }

        return producer;
    }

    /// <summary>Ends like a killed process: withdraws no subscription, and leaves no connection open.</summary>
    public async Task DieAsync()
    {
        await host.StopAsync(new CancellationToken(canceled: true)).ContinueWith(_ => { }, TaskScheduler.Default);
        host.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
