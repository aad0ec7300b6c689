using Orleans.Streams;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>The gateway streams. With <see cref="Faults"/>, they lose, double, delay and reorder items.</summary>
internal sealed class GatewayStreams(Simulated world)
{
    private readonly Dictionary<string, List<Handle>> _subscribed = [];
    private readonly Dictionary<(Node, string), long> _lastDue = [];

    /// <summary>Stops the stream of a gateway until the gateway subscribes again.</summary>
    public void Silence(string gateway) => _subscribed.Remove(gateway);

    public async Task PublishAsync(Node from, string gateway, GatewayStreamItem item)
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
                    // Items from one node to one gateway arrive in order, except the items that ItemLate delays.
                    var due = Math.Max(_lastDue.GetValueOrDefault((from, gateway)), scheduler.Now + scheduler.Between(0, 5).Ticks);
                    _lastDue[(from, gateway)] = due;
                    scheduler.At(due, () => Arrive(gateway, item));
                }
            }
        }

        await world.PauseAsync(scheduler.Between(0, 5));
        if (fails)
        {
            throw new IOException("The stream does not accept the item.");
        }
    }

    public async Task<StreamSubscriptionHandle<GatewayStreamItem>> SubscribeAsync(Node node, string gateway, IAsyncObserver<GatewayStreamItem> observer)
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

    private void Arrive(string gateway, GatewayStreamItem item)
    {
        if (_subscribed.TryGetValue(gateway, out var handles))
        {
            handles.ForEach(handle => handle.Take(item));
        }
    }

    private sealed class Handle(GatewayStreams inboxes, Node node, string gateway, IAsyncObserver<GatewayStreamItem> observer) : StreamSubscriptionHandle<GatewayStreamItem>
    {
        private readonly Queue<GatewayStreamItem> _items = [];

        public override StreamId StreamId => throw new NotSupportedException();

        public override string ProviderName => GatewayStreamNames.Provider;

        public override Guid HandleId => Guid.Empty;

        /// <summary>Delivers an item. The callbacks start in the order of the items.</summary>
        public void Take(GatewayStreamItem item)
        {
            _items.Enqueue(item);
            node.Start(() => _ = observer.OnNextAsync(_items.Dequeue()));
        }

        public override Task UnsubscribeAsync()
        {
            inboxes._subscribed.GetValueOrDefault(gateway)?.Remove(this);
            return Task.CompletedTask;
        }

        public override Task<StreamSubscriptionHandle<GatewayStreamItem>> ResumeAsync(IAsyncObserver<GatewayStreamItem> observer, StreamSequenceToken? token = null) =>
            throw new NotSupportedException();

        public override Task<StreamSubscriptionHandle<GatewayStreamItem>> ResumeAsync(IAsyncBatchObserver<GatewayStreamItem> observer, StreamSequenceToken? token = null) =>
            throw new NotSupportedException();

        public override bool Equals(StreamSubscriptionHandle<GatewayStreamItem>? other) => ReferenceEquals(this, other);
    }
}

/// <summary>The stream provider of one node.</summary>
internal sealed class GatewayStreamProvider(Simulated world, Node node) : IStreamProvider
{
    public string Name => GatewayStreamNames.Provider;

    public bool IsRewindable => false;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => (IAsyncStream<T>)(object)new Stream(world, node, streamId);

    private sealed class Stream(Simulated world, Node node, StreamId id) : IAsyncStream<GatewayStreamItem>
    {
        private string Gateway => id.GetKeyAsString();

        public bool IsRewindable => false;

        public string ProviderName => GatewayStreamNames.Provider;

        public StreamId StreamId => id;

        public Task OnNextAsync(GatewayStreamItem item, StreamSequenceToken? token = null) => world.Inboxes.PublishAsync(node, Gateway, item);

        public Task<StreamSubscriptionHandle<GatewayStreamItem>> SubscribeAsync(IAsyncObserver<GatewayStreamItem> observer) =>
            world.Inboxes.SubscribeAsync(node, Gateway, observer);

        public Task<StreamSubscriptionHandle<GatewayStreamItem>> SubscribeAsync(
            IAsyncObserver<GatewayStreamItem> observer, StreamSequenceToken? token, string? filterData = null) => SubscribeAsync(observer);

        public Task OnErrorAsync(Exception ex) => throw new NotSupportedException();

        public Task OnNextBatchAsync(IEnumerable<GatewayStreamItem> batch, StreamSequenceToken? token = null) => throw new NotSupportedException();

        public Task<StreamSubscriptionHandle<GatewayStreamItem>> SubscribeAsync(IAsyncBatchObserver<GatewayStreamItem> observer) => throw new NotSupportedException();

        public Task<StreamSubscriptionHandle<GatewayStreamItem>> SubscribeAsync(IAsyncBatchObserver<GatewayStreamItem> observer, StreamSequenceToken? token) =>
            throw new NotSupportedException();

        public Task<IList<StreamSubscriptionHandle<GatewayStreamItem>>> GetAllSubscriptionHandles() => throw new NotSupportedException();

        public bool Equals(IAsyncStream<GatewayStreamItem>? other) => other?.StreamId.Equals(id) == true;

        public int CompareTo(IAsyncStream<GatewayStreamItem>? other) => other is null ? 1 : id.CompareTo(other.StreamId);
    }
}
