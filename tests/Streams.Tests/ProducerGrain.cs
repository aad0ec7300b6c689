using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Streams;

namespace OrleansChat.Streams.Tests;

/// <summary>An item that the tests publish: the name of its producer, and a counter.</summary>
[GenerateSerializer, Immutable, Alias("test.streams.item")]
public sealed record Item([property: Id(0)] string Producer, [property: Id(1)] int Number);

[Alias("test.streams.producer")]
public interface IProducerGrain : IGrainWithStringKey
{
    [Alias("where")]
    Task<SiloAddress> Where();

    /// <summary>Publishes the items one by one, and awaits each publish.</summary>
    [Alias("publish")]
    Task Publish(string stream, string producer, int first, int count);

    /// <summary>Publishes the items in one call.</summary>
    [Alias("batch")]
    Task PublishBatch(string stream, string producer, int first, int count);
}

[RandomPlacement]
public sealed class ProducerGrain : Grain, IProducerGrain
{
    private string Provider => this.GetPrimaryKeyString().Split('/')[0];

    public Task<SiloAddress> Where() => Task.FromResult(ServiceProvider.GetRequiredService<ILocalSiloDetails>().SiloAddress);

    public async Task Publish(string stream, string producer, int first, int count)
    {
        var target = this.GetStreamProvider(Provider).GetStream<Item>("test", stream);
        for (var number = first; number < first + count; number++)
        {
            await target.OnNextAsync(new Item(producer, number));
        }
    }

    public Task PublishBatch(string stream, string producer, int first, int count) =>
        this.GetStreamProvider(Provider).GetStream<Item>("test", stream)
            .OnNextBatchAsync(Enumerable.Range(first, count).Select(number => new Item(producer, number)));
}
