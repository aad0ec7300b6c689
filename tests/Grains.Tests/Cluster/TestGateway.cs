using Orleans.Streams;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>A gateway as the cluster sees it: an id, a lease that is renewed, and a gateway stream.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SiloTestCluster _cluster;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<GatewayStreamItem> _items = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StreamSubscriptionHandle<GatewayStreamItem>? _subscription;
    private Task _renewing = Task.CompletedTask;

    private TestGateway(SiloTestCluster cluster) => _cluster = cluster;

    public string Id { get; } = $"gateway-{Guid.NewGuid():n}";

    public static async Task<TestGateway> StartAsync(SiloTestCluster cluster)
    {
        var gateway = new TestGateway(cluster);
        var registry = cluster.Client.GetGrain<IGatewayRegistryGrain>(0);
        Assert.True((await registry.RenewAsync(gateway.Id, LogVersion.Known)).Granted);
        gateway._renewing = gateway.RenewAsync(registry);
        gateway._subscription = await cluster.Client.GetStreamProvider(GatewayStreamNames.Provider)
            .GetStream<GatewayStreamItem>(StreamId.Create(GatewayStreamNames.Namespace, gateway.Id))
            .SubscribeAsync((item, _) =>
            {
                gateway.Receive(item);
                return Task.CompletedTask;
            });
        return gateway;
    }

    /// <summary>The items that were received so far.</summary>
    public GatewayStreamItem[] Items
    {
        get
        {
            lock (_lock)
            {
                return [.. _items];
            }
        }
    }

    public long[] Sequences(string room)
        => [.. Items.OfType<RoomEvents>().Where(item => item.Room == room).SelectMany(item => item.Events).Select(one => one.Seq)];

    public async Task<RoomReply[]> SendAsync(string room, params RoomCommand[] commands)
        => (await _cluster.Room(room).HandleAsync(new RoomCommands(Id, commands))).Replies;

    public async Task<RoomReply> SendOneAsync(string room, RoomCommand command) => (await SendAsync(room, command))[0];

    /// <summary>
    /// Makes calls while an append of a message of <paramref name="user"/> is in flight. So the commands of all calls
    /// wait together, in their order. Returns the replies to all commands.
    /// </summary>
    public async Task<RoomReply[]> WhileHeldAsync(string room, string user, params RoomCommand[][] calls)
    {
        // Otherwise a silo would read the log's version during the first command that needs it, and later commands would
        // overtake this command.
        await _cluster.OpenGatesAsync();
        var rig = _cluster.Log[room];
        rig.Hold();
        var held = SendOneAsync(room, Say(user, "held"));
        await rig.Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        var waiting = new List<Task<RoomReply[]>>();
        foreach (var commands in calls)
        {
            waiting.Add(SendAsync(room, commands));

            // When the mark is answered, the room has handled the call before it.
            await SendOneAsync(room, new MarkRead(user, 0));
        }

        rig.Release();
        Assert.IsType<Posted>(await held);
        return [.. (await Task.WhenAll(waiting)).SelectMany(replies => replies)];
    }

    public async Task<Entered> EnterAsync(string room, string user, RoomKind? create = RoomKind.Channel)
        => Assert.IsType<Entered>(await SendOneAsync(room, new Enter(user, create, null)));

    public async Task<Posted> PostAsync(string room, string user, string text, string? id = null)
        => Assert.IsType<Posted>(await SendOneAsync(room, Say(user, text, id)));

    public static Post Say(string user, string text, string? id = null)
        => new(user, id ?? Guid.NewGuid().ToString("n"), RoomEventKind.Msg, text, null, null, null);

    public static Post About(long message, string user, RoomEventKind kind, string? text = null, string? id = null)
        => new(user, id ?? Guid.NewGuid().ToString("n"), kind, text, message, null, null);

    /// <summary>Returns a post that changes the rights of another user.</summary>
    public static Post Change(string user, RoomEventKind kind, string target, RoomRole? role = null, long? until = null, string? id = null)
        => new(user, id ?? Guid.NewGuid().ToString("n"), kind, target, null, null, new MemberChange(target, role, until).ToMeta());

    public static Post Title(string user, string title, string? id = null)
        => new(user, id ?? Guid.NewGuid().ToString("n"), RoomEventKind.Title, title, null, null, null);

    public static Post Set(string user, RoomSettings settings, string? id = null)
        => new(user, id ?? Guid.NewGuid().ToString("n"), RoomEventKind.Settings, null, null, null, settings.ToMeta());

    /// <summary>Returns a post that makes an invitation link with this code.</summary>
    public static Post Link(string user, string code, int? uses = null, long? until = null, string? id = null)
        => new(user, id ?? Guid.NewGuid().ToString("n"), RoomEventKind.Link, null, null, null, new LinkTerms(LinkTerms.HashOf(code), uses, until).ToMeta());

    public static Post Unlink(string user, long link, string? id = null)
        => new(user, id ?? Guid.NewGuid().ToString("n"), RoomEventKind.Unlink, null, link, null, null);

    /// <summary>Returns an enter with the code of an invitation link.</summary>
    public static Enter EnterBy(string user, string code) => new(user, null, null, Link: LinkTerms.HashOf(code));

    /// <summary>Waits until <paramref name="find"/> finds something in the received items, and returns it.</summary>
    public async Task<T> UntilAsync<T>(string awaited, Func<GatewayStreamItem[], T?> find)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (true)
        {
            Task more;
            GatewayStreamItem[] items;
            lock (_lock)
            {
                (more, items) = (_more.Task, [.. _items]);
            }

            if (find(items) is { } found && found is not false)
            {
                return found;
            }

            try
            {
                await more.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Not received within {Patience.TotalSeconds} s: {awaited}. Received: {string.Join(", ", items.Select(item => item.ToString()))}");
            }
        }
    }

    public Task UntilHeadAsync(string room, long seq) => UntilAsync($"event {seq} of {room}", _ => Sequences(room).Contains(seq));

    public Task<T> UntilAsync<T>(Func<T, bool> matches) where T : GatewayStreamItem
        => UntilAsync($"a {typeof(T).Name}", items => items.OfType<T>().FirstOrDefault(matches));

    /// <summary>Stops without notifying the cluster, as a killed process does.</summary>
    public Task DieAsync() => _stopping.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _renewing;
        await _subscription!.UnsubscribeAsync();
        _stopping.Dispose();
    }

    private void Receive(GatewayStreamItem item)
    {
        lock (_lock)
        {
            _items.Add(item);
            _more.SetResult();
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task RenewAsync(IGatewayRegistryGrain registry)
    {
        while (!_stopping.IsCancellationRequested)
        {
            await registry.RenewAsync(Id, LogVersion.Known);
            await Task.Delay(Lease.Renewal, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
