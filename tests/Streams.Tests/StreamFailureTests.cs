using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansChat.TestSupport;

namespace OrleansChat.Streams.Tests;

/// <summary>
/// Tests streams with slow or dead consumers, a silo that stops, a full queue, and the release of memory. In the first
/// three tests, all streams share one queue: a slow or dead consumer of one stream must not delay the other streams.
/// </summary>
public sealed class StreamFailureTests
{
    [Fact]
    public async Task Publish_WhenAConsumerIsTooFarBehind_DropsItsOldestEventsOnly()
    {
        await using var cluster = await StreamsCluster.StartAsync(options: streams => { streams.QueuesPerSilo = 1; streams.EventsPerStream = 100; streams.MaxReadCount = 50; });
        await using var slow = await cluster.ConnectAsync();
        await using var fast = await cluster.ConnectAsync();
        var gate = new TaskCompletionSource();
        var held = await slow.SubscribeAsync("slow", _ => gate.Task);
        var free = await fast.SubscribeAsync("fast");
        var producer = await fast.ProducerAsync("one");
        await producer.Publish("slow", "one", 0, 1);
        await held.UntilCountAsync(1);

        await producer.Publish("slow", "one", 1, 1_000);
        for (var sent = 0; sent < 1_000; sent += 50)
        {
            await producer.Publish("fast", "one", sent, 50);
            await free.UntilCountAsync(sent + 50);
        }

        gate.SetResult();
        await held.UntilItemAsync(new Item("one", 1_000));
        await producer.Publish("slow", "one", 1_001, 10);
        await held.UntilItemAsync(new Item("one", 1_010));

        Assert.Equal([0, .. Enumerable.Range(901, 110)], held.Items.Select(item => item.Number));
        Assert.Equal(Enumerable.Range(0, 1_000), free.Items.Select(item => item.Number));
        Assert.Equal(900, cluster.Measures.Sum("orleanschat.streams.events.dropped:overrun"));
    }

    [Fact]
    public async Task Publish_WhenAConsumersProcessDies_ReachesTheOthersAtOnce()
    {
        await using var cluster = await StreamsCluster.StartAsync(
            options: streams => streams.QueuesPerSilo = 1,
            configure: silo => silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10)));
        await using var living = await cluster.ConnectAsync();
        var dead = await cluster.ConnectAsync();
        var lost = await dead.SubscribeAsync("dead");
        var kept = await living.SubscribeAsync("living");
        var producer = await living.ProducerAsync("one");
        await producer.Publish("dead", "one", 0, 1);
        await producer.Publish("living", "one", 0, 1);
        await Task.WhenAll(lost.UntilCountAsync(1), kept.UntilCountAsync(1));

        await dead.DieAsync();
        for (var number = 1; number <= 50; number++)
        {
            await producer.Publish("dead", "one", number, 1);
            await producer.Publish("living", "one", number, 1);
            await kept.UntilItemAsync(new Item("one", number), seconds: 3); // Less than the timeout of a call to the dead consumer, 10 s.
        }

        Assert.Equal(Enumerable.Range(0, 51), kept.Items.Select(item => item.Number));
    }

    [Fact]
    public async Task Publish_WhenAConsumerNeverReturns_ReachesTheOthersAtOnce()
    {
        await using var cluster = await StreamsCluster.StartAsync(options: streams => { streams.QueuesPerSilo = 1; streams.EventsPerStream = 20; streams.MaxReadCount = 20; });
        await using var living = await cluster.ConnectAsync();
        await using var stuck = await cluster.ConnectAsync();
        var never = new TaskCompletionSource();
        var held = await stuck.SubscribeAsync("stuck", _ => never.Task);
        var kept = await living.SubscribeAsync("living");
        var producer = await living.ProducerAsync("one");
        await producer.Publish("stuck", "one", 0, 1);
        await held.UntilCountAsync(1);

        for (var number = 0; number < 50; number++)
        {
            await producer.Publish("stuck", "one", number + 1, 1);
            await producer.Publish("living", "one", number, 1);
            await kept.UntilItemAsync(new Item("one", number), seconds: 3);
        }

        Assert.Single(held.Items);
        Assert.Equal(30, cluster.Measures.Sum("orleanschat.streams.events.dropped:overrun"));
        never.SetResult();
    }

    /// <summary>
    /// When a stream is new to a silo, Orleans makes a handshake with the subscribers of the stream. During the
    /// handshake, Orleans reads nothing from the queue. So in this test, a dead subscriber delays the other streams of
    /// its queue until two calls to the subscriber have timed out. The first call is the handshake, and the second call
    /// reports that the handshake failed. This delay is the reason to have many queues.
    /// </summary>
    [Fact]
    public async Task Publish_WhenANewStreamHasADeadConsumer_DelaysOnlyItsOwnQueue()
    {
        await using var cluster = await StreamsCluster.StartAsync(
            silos: 2,
            options: streams => { streams.QueuesPerSilo = 2; streams.MaxEventDeliveryTime = TimeSpan.FromSeconds(2); },
            configure: silo => silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(2)));
        await using var living = await cluster.ConnectAsync();
        var dead = await cluster.ConnectAsync();
        var names = Enumerable.Range(0, 100).Select(n => $"stream-{n}").ToLookup(name => cluster.QueueOf(name) == cluster.QueueOf("dead"));
        var (same, other) = (names[true].First(), names[false].First());
        var lost = await dead.SubscribeAsync("dead");
        var beside = await living.SubscribeAsync(same);
        var apart = await living.SubscribeAsync(other);
        var one = await living.ProducerAsync("one", cluster.Silos[0]);
        var two = await living.ProducerAsync("two", cluster.Silos[1]);
        await one.Publish("dead", "one", 0, 1);
        await two.Publish(same, "two", 0, 1);
        await two.Publish(other, "two", 0, 1);
        await Task.WhenAll(lost.UntilCountAsync(1), beside.UntilCountAsync(1), apart.UntilCountAsync(1));

        await dead.DieAsync();
        await two.Publish("dead", "two", 0, 1);
        await two.Publish(same, "two", 1, 100);
        await two.Publish(other, "two", 1, 100);
        await apart.UntilItemAsync(new Item("two", 100), seconds: 2);
        await beside.UntilItemAsync(new Item("two", 100));

        Assert.Equal(Enumerable.Range(0, 101), apart.Items.Select(item => item.Number));
        Assert.Equal(Enumerable.Range(0, 101), beside.Items.Select(item => item.Number));
    }

    [Fact]
    public async Task Publish_WhenAnotherSiloStops_ReachesOldAndNewSubscribers()
    {
        await using var cluster = await StreamsCluster.StartAsync(silos: 2, configure: silo =>
            silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = options.SystemResponseTimeout = TimeSpan.FromSeconds(5)));
        await using var gateway = await cluster.ConnectAsync();
        var listeners = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => gateway.SubscribeAsync($"stream-{n}")));
        var staying = await gateway.ProducerAsync("staying", cluster.Silos[0]);
        var leaving = await gateway.ProducerAsync("leaving", cluster.Silos[1]);
        for (var n = 0; n < listeners.Length; n++)
        {
            await staying.Publish($"stream-{n}", "staying", 0, 1);
            await leaving.Publish($"stream-{n}", "leaving", 0, 1);
        }

        await Task.WhenAll(listeners.Select(listener => listener.UntilCountAsync(2)));

        var stopping = cluster.StopAsync(cluster.Silos[1]);
        for (var number = 1; number <= 100; number++)
        {
            for (var n = 0; n < listeners.Length; n++)
            {
                await staying.Publish($"stream-{n}", "staying", number, 1);
            }
        }

        await stopping;
        for (var n = 0; n < listeners.Length; n++)
        {
            await staying.Publish($"stream-{n}", "staying", 101, 1);
        }

        await Task.WhenAll(listeners.Select(listener => listener.UntilItemAsync(new Item("staying", 101))));

        foreach (var listener in listeners)
        {
            // If the stopping silo loses the answer to a delivery, Orleans repeats the delivery. So an item may arrive
            // twice.
            var numbers = listener.Items.Where(item => item.Producer == "staying").Select(item => item.Number).Distinct();
            Assert.Equal(Enumerable.Range(0, 102), numbers);
        }

        await using var later = await cluster.ConnectAsync();
        var known = await later.SubscribeAsync("stream-0");
        var fresh = await later.SubscribeAsync("fresh");
        await staying.Publish("fresh", "staying", 0, 1);
        await fresh.UntilItemAsync(new Item("staying", 0));

        // If a stream already has events, the queue's agent adds a new subscriber while the agent continues to deliver.
        // The subscriber receives only the events that are published after it was added. So publish until one arrives.
        for (var (number, started) = (102, Stopwatch.GetTimestamp()); known.Items.Length == 0; number++)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "A new subscriber of a busy stream received nothing for 20 s.");
            await staying.Publish("stream-0", "staying", number, 1);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Publish_WhenTheQueueStaysFull_FailsAndLaterSucceeds()
    {
        await using var cluster = await StreamsCluster.StartAsync(options: streams => { streams.QueuesPerSilo = 1; streams.QueueCapacity = 10; streams.EnqueueTimeout = TimeSpan.FromMilliseconds(200); });
        await using var gateway = await cluster.ConnectAsync();
        var listener = await gateway.SubscribeAsync("known");
        var producer = await gateway.ProducerAsync("one");
        await producer.Publish("known", "one", 0, 1);
        await listener.UntilCountAsync(1);

        // The first event of a stream registers the stream in the subscription store. The queue's agent does not read
        // the queue until the registration is stored.
        var database = new TaskCompletionSource();
        cluster.Subscriptions.PauseUntil(database.Task);
        await producer.Publish("unknown", "one", 0, 1);
        await Waiting.UntilAsync(() => cluster.StreamsKept(cluster.Silos[0]) == 2, "the unknown stream to reach the agent");
        var full = await Assert.ThrowsAsync<StreamQueueFullException>(() => producer.Publish("known", "one", 1, 100));
        cluster.Measures.ReadGauges();
        database.SetResult();

        Assert.Equal(10, full.Capacity);
        Assert.Equal($"{cluster.Provider}/0", full.Queue);
        Assert.Equal(1, cluster.Measures.Sum("orleanschat.streams.enqueue.waits"));
        Assert.Equal(1, cluster.Measures.Sum("orleanschat.streams.enqueue.timeouts"));
        Assert.Equal(10, cluster.Measures.Sum("orleanschat.streams.queue.length"));
        await listener.UntilItemAsync(new Item("one", 10));
        for (var next = 11; next < 111; next += 10)
        {
            await producer.Publish("known", "one", next, 10);
            await listener.UntilItemAsync(new Item("one", next + 9)); // Without this wait, the queue would be full again.
        }

        Assert.Equal(Enumerable.Range(0, 111), listener.Items.Select(item => item.Number)); // The call that was refused did not publish event 11.
    }

    [Fact]
    public async Task Memory_WhenStreamsAreIdle_IsReleasedAndTheirNextEventStillArrives()
    {
        await using var cluster = await StreamsCluster.StartAsync(
            options: streams => { streams.IdleWait = TimeSpan.FromMilliseconds(50); streams.MaxEventDeliveryTime = TimeSpan.FromMilliseconds(200); },
            configure: silo => silo.Services.ConfigureAll<StreamPullingAgentOptions>(options => options.StreamInactivityPeriod = TimeSpan.FromSeconds(1)));
        await using var gateway = await cluster.ConnectAsync();
        var listener = await gateway.SubscribeAsync("heard");
        var producer = await gateway.ProducerAsync("one");
        for (var n = 0; n < 50; n++)
        {
            await producer.Publish($"unheard-{n}", "one", 0, 10);
        }

        await producer.Publish("heard", "one", 0, 10);
        await listener.UntilCountAsync(10);

        await Waiting.UntilAsync(() => cluster.StreamsKept(cluster.Silos[0]) == 0, "the silo to release all streams");

        await producer.Publish("heard", "one", 10, 1);
        await listener.UntilCountAsync(11);
    }

    [Fact]
    public async Task Memory_WhenTheLastConsumerLeaves_IsReleased()
    {
        await using var cluster = await StreamsCluster.StartAsync(
            options: streams => { streams.IdleWait = TimeSpan.FromMilliseconds(50); streams.MaxEventDeliveryTime = TimeSpan.FromMilliseconds(200); });
        await using var gateway = await cluster.ConnectAsync();
        var listener = await gateway.SubscribeAsync("left");
        var producer = await gateway.ProducerAsync("one");
        await producer.Publish("left", "one", 0, 10);
        await listener.UntilCountAsync(10);
        Assert.Equal(1, cluster.StreamsKept(cluster.Silos[0]));

        await listener.Subscription.UnsubscribeAsync();
        await producer.Publish("left", "one", 10, 10);

        await Waiting.UntilAsync(() => cluster.StreamsKept(cluster.Silos[0]) == 0, "the silo to release the stream");
        Assert.Equal(10, listener.Items.Length);
    }
}
