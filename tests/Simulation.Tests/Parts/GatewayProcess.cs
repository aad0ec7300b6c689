using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// A simulated gateway process. It runs the real code, except the sockets and the service that renews the lease.
/// </summary>
internal sealed class GatewayProcess
{
    private readonly Simulated _world;
    private readonly List<Socket> _sockets = [];
    private readonly GatewayId _id = new();

    public GatewayProcess(Simulated world, string name)
    {
        _world = world;
        Node = new(world.Scheduler, name, inTurns: false, world.Scheduler.Between(0, 4000));
        var cluster = Cluster.Create(world, Node);
        var (fanout, limits, time) = (Options.Create(world.Knobs.Fanout), Options.Create(world.Knobs.Limits), Node.Time);
        var background = new BackgroundTasks(world.Logger<BackgroundTasks>(Node));
        Feeds = new(cluster, fanout, world.Shared.Fanout, time);
        var rooms = new RoomClients(cluster, _id, Feeds, background, fanout, world.Shared.Fanout, time);
        var users = new UserClients(cluster, _id, rooms, new(Options.Create(new ConnectionOptions()), time), background, limits, Options.Create(world.Knobs.Budgets), time, world.Logger<UserClients>(Node));
        var inbox = new GatewayStream(
            cluster, _id, Feeds, rooms, users, background, new(time, world.Logger<StartupWait>(Node)), world.Logger<GatewayStream>(Node));
        var headPoller = new HeadPoller(cluster, Feeds, rooms, fanout, world.Shared.Fanout, time, world.Logger<HeadPoller>(Node));
        var watch = new StreamHealthCheck(cluster, _id, inbox, rooms, users, fanout, world.Shared.Fanout, time, world.Logger<StreamHealthCheck>(Node));
        Ports = new(rooms, new HistoryClient(cluster, Feeds, fanout, time), users, world.Knobs.Limits, world.Knobs.Sessions, world.Shared.Sessions, TimeSpan.FromSeconds(25), time);
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
                // The answer to an earlier call, which got the lease, was lost. Meanwhile, this lease has ended.
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
                Background.RunAsync(world.Knobs.WrapHeadPoller(headPoller), CancellationToken.None), Background.RunAsync(watch, CancellationToken.None), KeepLeaseAsync(cluster, rooms, users, background));
        });
    }

    public Node Node { get; }

    public RoomFeeds Feeds { get; }

    public SessionServices Ports { get; }

    /// <summary>The gateway's id in the cluster.</summary>
    public string Id => _id.Id;

    /// <summary>True while the gateway accepts connections.</summary>
    public bool Open { get; private set; }

    public IReadOnlyList<Socket> Sockets => _sockets;

    public void Add(Socket socket) => _sockets.Add(socket);

    public void Remove(Socket socket) => _sockets.Remove(socket);

    /// <summary>Kills the process. Each connected client notices within 1 s.</summary>
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
            catch (Exception)
            {
                // Retry the call. In production, a supervisor would restart a gateway that cannot start.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), Node.Time);
        }
    }

    /// <summary>
    /// Renews the lease. Like the real gateway, the process restarts if the lease is not renewed in time.
    /// </summary>
    private async Task KeepLeaseAsync(IClusterClient cluster, RoomClients rooms, UserClients users, BackgroundTasks background)
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
                    background.Add(users.SyncAllSessionsAsync(CancellationToken.None));
                    background.Add(rooms.SyncAllAttachmentsAsync(CancellationToken.None));
                }

                known = grant.Cluster;
            }
            catch (Exception exception) when (exception is TimeoutException or IOException)
            {
                // The registry is unavailable. Retry at the next tick.
            }

            ticked = Node.Time.GetTimestamp();
        }
    }
}

/// <summary>The gateways of a simulated world. A new process without state replaces each dead process.</summary>
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

    /// <summary>Pauses a gateway process for a time.</summary>
    public void Freeze(GatewayProcess gateway, TimeSpan time)
    {
        world.Tell?.Invoke($"{gateway.Node.Name} freezes for {time.TotalSeconds:0.0} s");
        gateway.Node.Frozen = true;
        world.Scheduler.After(time, () => gateway.Node.Frozen = false);
    }
}
