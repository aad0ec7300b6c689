using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.Streams;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// How the publisher treats gateways that are slow or fail, and how the room joins and retries the notifications of its
/// members.
/// </summary>
public sealed class PublishingTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Turns _turns = new();
    private readonly TaskCompletionSource _slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(string Gateway, GatewayStreamItem Item)> _sent = [];

    [Fact]
    public async Task Publish_WhenOneGatewayIsSlow_DropsOnlyItsEvents()
    {
        var publisher = new Publisher(new() { WaitingPublishes = 10, PublishInterval = TimeSpan.FromMilliseconds(0) }, gateway => item => SendAsync(gateway, item), Instruments(), TimeProvider.System, NullLogger.Instance);
        await _turns.RunAsync(() =>
        {
            publisher.Attach("slow");
            publisher.Attach("quick");
        });

        for (var seq = 1; seq <= 25; seq++)
        {
            var item = Event(seq);
            await _turns.RunAsync(() => publisher.Publish(item));
            await _turns.UntilAsync($"event {seq} at the quick gateway", () => Sequences("quick").Contains(item.Events[0].Seq));
        }

        _slow.SetResult();
        await _turns.RunAsync(publisher.DrainAsync);

        Assert.Equal(Enumerable.Range(1, 25).Select(seq => (long)seq), Sequences("quick"));
        Assert.Equal([1L, 22, 23, 24, 25], Sequences("slow"));
    }

    [Fact]
    public async Task Publish_WhenTheRoomIsBusy_JoinsCommits()
    {
        var time = new ManualTime();
        var publisher = new Publisher(new() { PublishInterval = TimeSpan.FromMilliseconds(5), PublishEvents = 8 }, gateway => item => SendAsync(gateway, item), Instruments(), time, NullLogger.Instance);
        await _turns.RunAsync(() => publisher.Attach("quick"));
        for (var seq = 1; seq <= BatchThrottle.FreeBurst; seq++)
        {
            // The publisher does not delay the first events, although they are close together.
            var item = Event(seq);
            await _turns.RunAsync(() => publisher.Publish(item));
            await _turns.RunAsync(publisher.DrainAsync);
        }

        Assert.Equal([1, 1, 1, 1], Sizes());
        await _turns.RunAsync(() => publisher.Publish(Event(5)));
        await time.UntilArmedAsync();
        await _turns.RunAsync(() => publisher.Publish(Event(6)));
        await _turns.RunAsync(() => publisher.Publish(Event(7)));
        Assert.Equal(4, Sizes().Length);
        time.Advance(TimeSpan.FromMilliseconds(5));
        await _turns.RunAsync(publisher.DrainAsync);
        Assert.Equal([1, 1, 1, 1, 3], Sizes());

        // The last batch had three events, so the next delay is 7.5 ms. After only 5 ms, the publisher publishes
        // nothing.
        await _turns.RunAsync(() => publisher.Publish(Event(8)));
        await time.UntilArmedAsync();
        time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal([1, 1, 1, 1, 3], Sizes());
        time.Advance(TimeSpan.FromMilliseconds(2.5));
        await _turns.RunAsync(publisher.DrainAsync);
        Assert.Equal([1, 1, 1, 1, 3, 1], Sizes());

        for (var seq = 9; seq < 9 + 8; seq++)
        {
            var item = Event(seq);
            await _turns.RunAsync(() => publisher.Publish(item));
        }

        await _turns.RunAsync(publisher.DrainAsync);
        Assert.Equal([1, 1, 1, 1, 3, 1, 8], Sizes());
        Assert.Equal(Enumerable.Range(1, 16).Select(seq => (long)seq), Sequences("quick"));

        int[] Sizes() => [.. _sent.Select(sent => ((RoomEvents)sent.Item).Events.Length)];
    }

    [Fact]
    public async Task Publish_WhenCommitsAndOtherItemsMix_KeepsTheOrder()
    {
        var time = new ManualTime();
        var publisher = new Publisher(new() { PublishInterval = TimeSpan.FromMilliseconds(5), PublishEvents = 100 }, gateway => item => SendAsync(gateway, item), Instruments(), time, NullLogger.Instance);

        await _turns.RunAsync(() =>
        {
            publisher.Attach("quick");
            publisher.Publish(Event(1));
            publisher.Publish(Event(2));
            publisher.Publish(new RoomTyping("lobby", "ann"));
            publisher.Publish(Event(3));
            publisher.Publish(Event(5));
        });
        await _turns.RunAsync(publisher.DrainAsync);

        Assert.Equal(["1 2", "typing", "3", "5"], _sent.Select(sent => sent.Item is RoomEvents batch ? string.Join(' ', batch.Events.Select(one => one.Seq)) : "typing"));
    }

    [Fact]
    public async Task Publish_WhenTheLastSendFailed_SendsTheNextEvent()
    {
        var failing = true;
        var publisher = new Publisher(
            new(), gateway => item => failing ? throw new IOException("no") : SendAsync(gateway, item), Instruments(), TimeProvider.System, NullLogger.Instance);
        await _turns.RunAsync(() =>
        {
            publisher.Attach("quick");
            publisher.Publish(Event(1));
        });
        await _turns.RunAsync(publisher.DrainAsync);
        failing = false;

        await _turns.RunAsync(() => publisher.Publish(Event(2)));
        await _turns.RunAsync(publisher.DrainAsync);

        Assert.Equal([2L], Sequences("quick"));
    }

    [Fact]
    public async Task Notify_WhenOneIsInFlight_WidensTheNext()
    {
        var notifications = new List<(long, long)>();
        var notifier = new MemberNotifier(
            new RoomOptions(),
            TimeProvider.System,
            (_, from, to) =>
            {
                notifications.Add((from, to));
                return notifications.Count == 1 ? _slow.Task : Task.CompletedTask;
            },
            Instruments(),
            NullLogger.Instance,
            default);
        await _turns.RunAsync(() => notifier.Notify(["ann"], 1, 1));
        await _turns.UntilAsync("the first notification", () => notifications.Count == 1);

        await _turns.RunAsync(() => notifier.Notify(["ann"], 2, 4));
        await _turns.RunAsync(() => notifier.Notify(["ann"], 5, 5));
        _slow.SetResult();
        await _turns.RunAsync(() => notifier.Sending);

        Assert.Equal([(1L, 1L), (2, 5)], notifications);
    }

    [Fact]
    public async Task Notify_WhenEveryAttemptFails_StopsAtTheLimit()
    {
        var time = new ManualTime();
        var options = new RoomOptions { NotifyAttempts = 3, NotifyRetry = TimeSpan.FromMilliseconds(100) };
        var notifications = new List<(long, long)>();
        var notifier = new MemberNotifier(
            options,
            time,
            (_, from, to) =>
            {
                notifications.Add((from, to));
                throw new IOException("no");
            },
            Instruments(),
            NullLogger.Instance,
            default);

        await _turns.RunAsync(() => notifier.Notify(["ann"], 1, 2));
        await time.UntilArmedAsync();
        await _turns.RunAsync(() => notifier.Notify(["ann"], 3, 3));
        time.Advance(TimeSpan.FromMilliseconds(100));
        await time.UntilArmedAsync();
        time.Advance(TimeSpan.FromMilliseconds(200));
        await _turns.RunAsync(() => notifier.Sending);

        Assert.Equal([(1L, 2L), (1, 3), (1, 3)], notifications);
    }

    public void Dispose() => _services.Dispose();

    private static RoomEvents Event(long seq)
        => new("lobby", 1, [new RoomEvent(seq, 0, "ann", RoomEventKind.Msg, "text", null, null, null, null, false, seq)]);

    private GrainInstruments Instruments() => new(_services.GetRequiredService<IMeterFactory>());

    private async Task SendAsync(string gateway, GatewayStreamItem item)
    {
        _sent.Add((gateway, item));
        if (gateway == "slow")
        {
            await _slow.Task;
        }
    }

    private long[] Sequences(string gateway)
        => [.. _sent.Where(sent => sent.Gateway == gateway).SelectMany(sent => ((RoomEvents)sent.Item).Events).Select(one => one.Seq)];
}
