using Orleans.Runtime;
using Orleans.Streams;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>The inboxes of all gateways: streams that lose, double, delay and reorder as the faults say.</summary>
internal sealed class Inboxes(Simulated world)
{
    private readonly Dictionary<string, List<Handle>> _subscribed = [];
    private readonly Dictionary<(Node, string), long> _lastDue = [];

    /// <summary>Nothing comes through a gateway's inbox any more, until it subscribes anew.</summary>
    public void Silence(string gateway) => _subscribed.Remove(gateway);

    public async Task PublishAsync(Node from, string gateway, InboxItem item)
    {
        var scheduler = world.Scheduler;
        var faults = world.Network.Faults;
        var fails = scheduler.Chance(faults.ItemFails);
        if (!(fails && scheduler.Chance(500)) && !scheduler.Chance(faults.ItemLost))
        {
            for (var times = scheduler.Chance(faults.ItemTwice) ? 2 : 1; times > 0; times--)
            {
                if (scheduler.Chance(faults.ItemLate))
                {
                    scheduler.After(scheduler.Between(1, 3000), () => Arrive(gateway, item));
                }
                else
                {
                    // In order with what came before it on the same way.
                    var due = Math.Max(_lastDue.GetValueOrDefault((from, gateway)), scheduler.Now + scheduler.Between(0, 5).Ticks);
                    _lastDue[(from, gateway)] = due;
                    scheduler.At(due, () => Arrive(gateway, item));
                }
            }
        }

        await world.PauseAsync(scheduler.Between(0, 5));
        if (fails)
        {
            throw new IOException("The stream does not take it.");
        }
    }

    public async Task<StreamSubscriptionHandle<InboxItem>> SubscribeAsync(Node node, string gateway, IAsyncObserver<InboxItem> observer)
    {
        await world.PauseAsync(world.Network.Latency());
        if (world.Scheduler.Chance(world.Network.Faults.CallLost))
        {
            throw new TimeoutException("The subscription was not answered in time.");
        }

        var handle = new Handle(this, node, gateway, observer);
        if (!_subscribed.TryGetValue(gateway, out var handles))
        {
            _subscribed[gateway] = handles = [];
        }

        handles.Add(handle);
        return handle;
    }

    private void Arrive(string gateway, InboxItem item)
    {
        if (_subscribed.TryGetValue(gateway, out var handles))
        {
            handles.ForEach(handle => handle.Take(item));
        }
    }

    private sealed class Handle(Inboxes inboxes, Node node, string gateway, IAsyncObserver<InboxItem> observer) : StreamSubscriptionHandle<InboxItem>
    {
        private readonly Queue<InboxItem> _items = [];

        public override StreamId StreamId => throw new NotSupportedException();

        public override string ProviderName => Inbox.Provider;

        public override Guid HandleId => Guid.Empty;

        /// <summary>A client's callbacks come one after another.</summary>
        public void Take(InboxItem item)
        {
            _items.Enqueue(item);
            node.Start(() => _ = observer.OnNextAsync(_items.Dequeue()));
        }

        public override Task UnsubscribeAsync()
        {
            inboxes._subscribed.GetValueOrDefault(gateway)?.Remove(this);
            return Task.CompletedTask;
        }

        public override Task<StreamSubscriptionHandle<InboxItem>> ResumeAsync(IAsyncObserver<InboxItem> observer, StreamSequenceToken? token = null) =>
            throw new NotSupportedException();

        public override Task<StreamSubscriptionHandle<InboxItem>> ResumeAsync(IAsyncBatchObserver<InboxItem> observer, StreamSequenceToken? token = null) =>
            throw new NotSupportedException();

        public override bool Equals(StreamSubscriptionHandle<InboxItem>? other) => ReferenceEquals(this, other);
    }
}

/// <summary>The stream provider of a node.</summary>
internal sealed class InboxProvider(Simulated world, Node node) : IStreamProvider
{
    public string Name => Inbox.Provider;

    public bool IsRewindable => false;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => (IAsyncStream<T>)(object)new Stream(world, node, streamId);

    private sealed class Stream(Simulated world, Node node, StreamId id) : IAsyncStream<InboxItem>
    {
        private string Gateway => id.GetKeyAsString();

        public bool IsRewindable => false;

        public string ProviderName => Inbox.Provider;

        public StreamId StreamId => id;

        public Task OnNextAsync(InboxItem item, StreamSequenceToken? token = null) => world.Inboxes.PublishAsync(node, Gateway, item);

        public Task<StreamSubscriptionHandle<InboxItem>> SubscribeAsync(IAsyncObserver<InboxItem> observer) =>
            world.Inboxes.SubscribeAsync(node, Gateway, observer);

        public Task<StreamSubscriptionHandle<InboxItem>> SubscribeAsync(
            IAsyncObserver<InboxItem> observer, StreamSequenceToken? token, string? filterData = null) => SubscribeAsync(observer);

        public Task OnErrorAsync(Exception ex) => throw new NotSupportedException();

        public Task OnNextBatchAsync(IEnumerable<InboxItem> batch, StreamSequenceToken? token = null) => throw new NotSupportedException();

        public Task<StreamSubscriptionHandle<InboxItem>> SubscribeAsync(IAsyncBatchObserver<InboxItem> observer) => throw new NotSupportedException();

        public Task<StreamSubscriptionHandle<InboxItem>> SubscribeAsync(IAsyncBatchObserver<InboxItem> observer, StreamSequenceToken? token) =>
            throw new NotSupportedException();

        public Task<IList<StreamSubscriptionHandle<InboxItem>>> GetAllSubscriptionHandles() => throw new NotSupportedException();

        public bool Equals(IAsyncStream<InboxItem>? other) => other?.StreamId.Equals(id) == true;

        public int CompareTo(IAsyncStream<InboxItem>? other) => other is null ? 1 : id.CompareTo(other.StreamId);
    }
}
