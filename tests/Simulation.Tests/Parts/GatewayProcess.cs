using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>One gateway process: everything of the real one but its sockets and its lease's timer.</summary>
internal sealed class GatewayProcess
{
    private readonly Simulated _world;
    private readonly List<Socket> _sockets = [];
    private readonly GatewayId _id = new();

    public GatewayProcess(Simulated world, string name)
    {
        _world = world;
        Node = new(world.Scheduler, name, inTurns: false, world.Scheduler.Between(0, 4000));
        var cluster = new Cluster(world, Node);
        var (fanout, limits, time) = (Options.Create(world.Knobs.Fanout), Options.Create(world.Knobs.Limits), Node.Time);
        var ongoing = new Ongoing(world.Logger<Ongoing>(Node));
        Feeds = new Feeds(cluster, _id, ongoing, fanout, world.Shared.Fanout, time);
        var users = new Users(cluster, _id, Feeds, new(Options.Create(new ConnectionOptions()), time), ongoing, limits, time, world.Logger<Users>(Node));
        var inbox = new GatewayInbox(cluster, _id, Feeds, users, ongoing, world.Logger<GatewayInbox>(Node));
        var beacon = new Beacon(cluster, Feeds, fanout, world.Shared.Fanout, time, world.Logger<Beacon>(Node));
        var watch = new InboxWatch(cluster, _id, inbox, Feeds, users, fanout, world.Shared.Fanout, time, world.Logger<InboxWatch>(Node));
        Ports = new(Feeds, users, world.Knobs.Limits, world.Knobs.Sessions, world.Knobs.Lag, new(), world.Shared.Sessions, 25_000, time);
        _ = Node.StartAsync(async () =>
        {
            var granted = false;
            await RepeatAsync(async () =>
            {
                granted = (await cluster.GetGrain<IGatewayRegistryGrain>(0).RenewAsync(_id.Id)).Granted;
                return true;
            });
            if (!granted)
            {
                // The lease was granted, nobody heard of it, and it is over.
                world.Scheduler.After(TimeSpan.Zero, () => world.Gateways.Crash(this));
                return;
            }

            await RepeatAsync(async () =>
            {
                await inbox.SubscribeAsync();
                return true;
            });
            Open = true;
            await Task.WhenAll(
                Background.RunAsync(world.Knobs.Beacon(beacon), CancellationToken.None), Background.RunAsync(watch, CancellationToken.None), KeepLeaseAsync(cluster, users, ongoing));
        });
    }

    public Node Node { get; }

    public Feeds Feeds { get; }

    public SessionPorts Ports { get; }

    /// <summary>Its name in the cluster.</summary>
    public string Id => _id.Id;

    /// <summary>True while it takes connections.</summary>
    public bool Open { get; private set; }

    /// <summary>Its connections.</summary>
    public IReadOnlyList<Socket> Sockets => _sockets;

    public void Add(Socket socket) => _sockets.Add(socket);

    public void Remove(Socket socket) => _sockets.Remove(socket);

    /// <summary>Dies, and everybody connected hears it sooner or later.</summary>
    public void Crash()
    {
        Open = false;
        Node.Kill();
        foreach (var socket in _sockets.ToArray())
        {
            _world.Scheduler.After(_world.Scheduler.Between(1, 1000), socket.LoseClient);
        }
    }

    private async Task RepeatAsync(Func<Task<bool>> tries)
    {
        while (true)
        {
            try
            {
                if (await tries())
                {
                    return;
                }
            }
            catch (Exception away) when (away is not OutOfMemoryException)
            {
                // A process that cannot start is started again.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), Node.Time);
        }
    }

    /// <summary>As the real lease: renewed in time, or the process starts anew.</summary>
    private async Task KeepLeaseAsync(Cluster cluster, Users users, Ongoing ongoing)
    {
        using var timer = new PeriodicTimer(Lease.Renewal, Node.Time);
        var (ticked, known) = (Node.Time.GetTimestamp(), 0L);
        while (await timer.WaitForNextTickAsync())
        {
            try
            {
                var grant = new LeaseGrant(false, 0);
                if (Node.Time.GetElapsedTime(ticked) < Lease.Length)
                {
                    grant = await cluster.GetGrain<IGatewayRegistryGrain>(0).RenewAsync(_id.Id);
                }

                if (!grant.Granted)
                {
                    _world.Tell?.Invoke($"{Node.Name} has lost its lease");
                    _world.Scheduler.After(TimeSpan.Zero, () => _world.Gateways.Crash(this));
                    return;
                }

                if (known != 0 && known != grant.Cluster)
                {
                    ongoing.Add(users.AttendAllAsync(CancellationToken.None));
                }

                known = grant.Cluster;
            }
            catch (Exception away) when (away is TimeoutException or IOException)
            {
                // The registry is away.
            }

            ticked = Node.Time.GetTimestamp();
        }
    }
}

/// <summary>The gateways of a world. One that dies comes back as a process that knows nothing.</summary>
internal sealed class Gateways(Simulated world)
{
    private readonly List<GatewayProcess> _living = [];
    private int _started;

    public IReadOnlyList<GatewayProcess> Living => _living;

    public void Start() => _living.Add(new(world, $"g{++_started}"));

    public void Crash(GatewayProcess gateway)
    {
        if (_living.Remove(gateway))
        {
            world.Tell?.Invoke($"{gateway.Node.Name} crashes");
            gateway.Crash();
            world.Scheduler.After(world.Scheduler.Between(200, 4000), Start);
        }
    }

    /// <summary>Stands still for a while, as a paused process does.</summary>
    public void Freeze(GatewayProcess gateway, TimeSpan time)
    {
        world.Tell?.Invoke($"{gateway.Node.Name} freezes for {time.TotalSeconds:0.0} s");
        gateway.Node.Frozen = true;
        world.Scheduler.After(time, () => gateway.Node.Frozen = false);
    }
}
