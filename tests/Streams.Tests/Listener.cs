using Orleans.Streams;

namespace OrleansChat.Streams.Tests;

/// <summary>Keeps the items that a subscription received, and lets a test wait for them.</summary>
internal sealed class Listener(Func<Item, Task> onNext) : IAsyncObserver<Item>
{
    private readonly Lock _lock = new();
    private readonly List<Item> _items = [];
    private readonly List<(Func<List<Item>, bool> Condition, TaskCompletionSource Met)> _waits = [];

    public StreamSubscriptionHandle<Item> Subscription { get; set; } = null!;

    public Item[] Items
    {
        get
        {
            lock (_lock)
            {
                return [.. _items];
            }
        }
    }

    public Task OnNextAsync(Item item, StreamSequenceToken? token = null)
    {
        lock (_lock)
        {
            _items.Add(item);
            foreach (var wait in _waits.Where(wait => wait.Condition(_items)).ToArray())
            {
                _waits.Remove(wait);
                wait.Met.SetResult();
            }
        }

        return onNext(item);
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public Task UntilCountAsync(int count, double seconds = 20) =>
        UntilAsync(items => items.Count >= count, $"{count} items", seconds);

    public Task UntilItemAsync(Item item, double seconds = 20) =>
        UntilAsync(items => items.Contains(item), item.ToString(), seconds);

    private async Task UntilAsync(Func<List<Item>, bool> condition, string awaited, double seconds)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (condition(_items))
            {
                return;
            }

            _waits.Add((condition, met));
        }

        try
        {
            await met.Task.WaitAsync(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            var items = Items;
            Assert.Fail($"Awaited {awaited} for {seconds} s; {items.Length} items arrived, the last was {items.LastOrDefault()}.");
        }
    }
}
