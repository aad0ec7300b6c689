using OrleansChat.TestSupport;

namespace OrleansChat.Streams.Tests;

public sealed class StreamOrderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publish_WhenTwoSilosPublishToOneStream_KeepsEachProducersOrder(bool distributedDirectory)
    {
        await using var cluster = await StreamsCluster.StartAsync(silos: 2, distributedDirectory: distributedDirectory);
        await using var gateway = await cluster.ConnectAsync();
        var listener = await gateway.SubscribeAsync("shared");
        var one = await gateway.ProducerAsync("one", cluster.Silos[0]);
        var two = await gateway.ProducerAsync("two", cluster.Silos[1]);

        await Task.WhenAll(one.Publish("shared", "one", 0, 1_000), two.Publish("shared", "two", 0, 1_000));
        await listener.UntilCountAsync(2_000);

        Assert.Equal(2_000, listener.Items.Length);
        foreach (var producer in (string[])["one", "two"])
        {
            Assert.Equal(Enumerable.Range(0, 1_000), listener.Items.Where(item => item.Producer == producer).Select(item => item.Number));
        }
    }

    [Fact]
    public async Task Publish_WhenManyProducersUseManyStreams_DeliversOnceAndInOrder()
    {
        await using var cluster = await StreamsCluster.StartAsync(silos: 2);
        await using var gateway = await cluster.ConnectAsync();
        await using var other = await cluster.ConnectAsync();
        var names = Enumerable.Range(0, 20).Select(n => $"stream-{n}").ToArray();
        var listeners = await Task.WhenAll(names.Select((name, n) => (n % 2 == 0 ? gateway : other).SubscribeAsync(name)));

        await Task.WhenAll(names.SelectMany(name => Enumerable.Range(0, 4).Select(async p =>
        {
            var producer = await gateway.ProducerAsync($"{name}-{p}", cluster.Silos[p % 2]);
            await producer.Publish(name, $"{p}", 0, 50);
            await producer.PublishBatch(name, $"{p}", 50, 50);
        })));
        await Task.WhenAll(listeners.Select(listener => listener.UntilCountAsync(400)));

        foreach (var listener in listeners)
        {
            Assert.Equal(400, listener.Items.Length);
            foreach (var producer in listener.Items.GroupBy(item => item.Producer))
            {
                Assert.Equal(Enumerable.Range(0, 100), producer.Select(item => item.Number));
            }
        }

        Assert.Equal(8_000, cluster.Measures.Sum("orleanschat.streams.events.published"));
        await Waiting.UntilAsync(() => cluster.Measures.Sum("orleanschat.streams.events.delivered") == 8_000, "8,000 events counted as delivered");
    }

    [Fact]
    public async Task Publish_WhenEventsWait_DeliversManyAtOnce()
    {
        await using var cluster = await StreamsCluster.StartAsync(options: streams => streams.QueuesPerSilo = 1);
        await using var gateway = await cluster.ConnectAsync();
        await using var other = await cluster.ConnectAsync();
        var gate = new TaskCompletionSource();
        var listener = await gateway.SubscribeAsync("busy", _ => gate.Task);
        var behind = await other.SubscribeAsync("behind");
        var producer = await gateway.ProducerAsync("one");

        // The consumer does not complete this event before the gate opens. Later events of the stream wait behind it.
        await producer.Publish("busy", "one", 0, 1);
        await producer.Publish("behind", "one", 0, 1);
        await Task.WhenAll(listener.UntilCountAsync(1), behind.UntilCountAsync(1));
        await producer.Publish("busy", "one", 1, 512);
        await producer.Publish("behind", "one", 1, 1);
        await behind.UntilCountAsync(2); // Both streams share one queue, so its agent has also read the 512 events.
        gate.SetResult();
        await listener.UntilCountAsync(513);

        Assert.Equal(Enumerable.Range(0, 513), listener.Items.Select(item => item.Number));
        await Waiting.UntilAsync(() => cluster.Measures.Sum("orleanschat.streams.delivery.size") == 515, "515 events counted as delivered");
        Assert.Equal(5, cluster.Measures.Count("orleanschat.streams.delivery.size")); // Busy stream: deliveries of 1, 256 and 256 events. Other stream: 1 and 1.
    }

    [Fact]
    public async Task Publish_WhenEachSiloHasItsOwnQueues_DeliversFromTheSiloThatPublished()
    {
        await using var cluster = await StreamsCluster.StartAsync(silos: 2);
        await using var gateway = await cluster.ConnectAsync();
        var listener = await gateway.SubscribeAsync("private");
        var one = await gateway.ProducerAsync("one", cluster.Silos[0]);

        await one.Publish("private", "one", 0, 1);
        await listener.UntilCountAsync(1);

        Assert.Equal(1, cluster.StreamsKept(cluster.Silos[0]));
        Assert.Equal(0, cluster.StreamsKept(cluster.Silos[1])); // That silo has another queue under the same id.

        var two = await gateway.ProducerAsync("two", cluster.Silos[1]);
        await two.Publish("private", "two", 0, 1);
        await listener.UntilCountAsync(2);
        Assert.Equal(1, cluster.StreamsKept(cluster.Silos[1]));
    }

    [Fact]
    public async Task Publish_WhenASubscriptionIsNew_IsDelivered()
    {
        await using var cluster = await StreamsCluster.StartAsync(silos: 2);
        await using var gateway = await cluster.ConnectAsync();
        for (var round = 0; round < 20; round++)
        {
            var producer = await gateway.ProducerAsync($"{round}");
            var listener = await gateway.SubscribeAsync($"cold-{round}");
            await producer.Publish($"cold-{round}", "one", 0, 1);
            await listener.UntilCountAsync(1);
        }
    }

    [Fact]
    public async Task Publish_WhenNobodyHasSubscribed_ReachesLaterSubscribersFromThenOn()
    {
        await using var cluster = await StreamsCluster.StartAsync();
        await using var gateway = await cluster.ConnectAsync();
        var producer = await gateway.ProducerAsync("one");
        for (var round = 0; round < 20; round++)
        {
            var stream = $"early-{round}";
            await producer.Publish(stream, "early", 0, 3);
            await Waiting.UntilAsync(() => cluster.StreamsKept(cluster.Silos[0]) > round, "the agent to know the stream");

            var listener = await gateway.SubscribeAsync(stream);
            await producer.Publish(stream, "late", 0, 3); // The handshake of the agent with the subscriber may still run.
            await listener.UntilItemAsync(new Item("late", 2));

            Assert.Equal([0, 1, 2], listener.Items.Where(item => item.Producer == "late").Select(item => item.Number));
        }
    }
}
