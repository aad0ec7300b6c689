using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Users;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// A silo: a node with a gateway failure detector and a history grain. <see cref="Silos"/> contains the activations.
/// </summary>
internal sealed class Silo
{
    public Silo(Simulated world, string name)
    {
        Clock = world.Scheduler.Between(0, 4000);
        Node = new(world.Scheduler, name, inTurns: false, Clock);
        Gate = new(world.Database.For(Node), Node.Time);
        Watch = new(Cluster.Create(world, Node), Node.Time, world.Shared.Grains, world.Logger<GatewayFailureDetector>(Node));
        History = new(Node, new HistoryGrain(world.Database.For(Node), Gate, new Membership(world), Cluster.Create(world, Node), Node.Time, Options.Create(new RoomOptions())));
        _ = Node.StartAsync(() => Background.RunAsync(Watch, CancellationToken.None));
    }

    /// <summary>How far the silo's clock is ahead of the simulated time.</summary>
    public TimeSpan Clock { get; }

    public Node Node { get; }

    public LogVersionGate Gate { get; }

    public GatewayFailureDetector Watch { get; }

    public Hosted History { get; }
}

/// <summary>
/// The cluster membership. Its list of silos is empty. Only its version is simulated: the number of changes.
/// </summary>
internal sealed class Membership(Simulated world) : IClusterMembershipService
{
    public ClusterMembershipSnapshot CurrentSnapshot =>
        new(ImmutableDictionary<SiloAddress, ClusterMember>.Empty, new MembershipVersion(world.ClusterNumber));

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException("The simulation has no updates of the membership.");

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => default;

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException("The schedule decides when a silo crashes.");
}

/// <summary>
/// The silos, and the activation of each grain. A grain has one activation, unless the silos disagree about which silo
/// has the grain. While the silos disagree, some callers reach the older activation.
/// </summary>
internal sealed class Silos(Simulated world)
{
    private readonly List<Silo> _silos = [];
    private readonly Dictionary<(string Kind, string Key), Activation> _where = [];
    private readonly Dictionary<((string Kind, string Key) Grain, Node Caller), Activation> _elsewhere = [];
    private readonly List<Activation> _activations = [];
    private int _started;

    public IReadOnlyList<Silo> Living => _silos;

    /// <summary>The activations that are alive.</summary>
    public IReadOnlyList<Activation> Activations => _activations;

    public void Start() => _silos.Add(new(world, $"s{++_started}"));

    /// <summary>Kills a silo. The cluster notices within 3 s, and another silo starts within 6 s.</summary>
    public void Crash(Silo silo)
    {
        if (!_silos.Remove(silo))
        {
            return;
        }

        world.Tell?.Invoke($"{silo.Node.Name} crashes");
        silo.Node.Kill();
        var on = _activations.Where(one => one.Silo == silo).ToArray();
        foreach (var activation in on)
        {
            activation.Node.Kill();
            _activations.Remove(activation);
        }

        world.Scheduler.After(world.Scheduler.Between(300, 3000), () =>
        {
            foreach (var activation in on)
            {
                Forget(activation);
            }

            world.ClusterNumber++;
        });
        world.Scheduler.After(world.Scheduler.Between(500, 6000), () =>
        {
            Start();
            world.ClusterNumber++;
        });
    }

    /// <summary>
    /// Returns the activation that answers a caller. If there is none, starts one. Returns null if no silo is alive.
    /// </summary>
    public Activation? Find(string kind, string key, Node caller)
    {
        if (_elsewhere.TryGetValue(((kind, key), caller), out var older) && older is { Node.Alive: true, Leaving: false })
        {
            return older;
        }

        return _where.TryGetValue((kind, key), out var found) ? found : Activate(kind, key, null);
    }

    /// <summary>
    /// Makes the silos disagree: the grain gets another activation, but some callers still use the older activation.
    /// </summary>
    public void Split(Activation older, IEnumerable<Node> callers)
    {
        if (_where.GetValueOrDefault(older.Key) != older || older.Leaving || !older.Node.Alive)
        {
            return;
        }

        world.Tell?.Invoke($"{older.Node.Name} gets a second activation");
        foreach (var caller in callers)
        {
            _elsewhere[(older.Key, caller)] = older;
        }

        Activate(older.Key.Kind, older.Key.Key, older.Silo);
    }

    /// <summary>
    /// Makes the silos agree again: if a grain has several activations, all but the newest deactivate.
    /// </summary>
    public void Agree()
    {
        _elsewhere.Clear();
        foreach (var activation in _activations.Where(one => _where.GetValueOrDefault(one.Key) != one).ToArray())
        {
            activation.Leave();
        }
    }

    /// <summary>Removes an activation that has ended.</summary>
    public void Forget(Activation activation)
    {
        _activations.Remove(activation);
        if (_where.GetValueOrDefault(activation.Key) == activation)
        {
            _where.Remove(activation.Key);
        }
    }

    private Activation? Activate(string kind, string key, Silo? notOn)
    {
        var silos = _silos.Where(silo => silo != notOn).ToArray();
        if (silos.Length == 0)
        {
            return null;
        }

        var silo = world.Scheduler.Pick(silos);
        var activation = new Activation(world, silo, kind, key, context => kind == "room"
            ? new RoomGrain(
                world.Database.For(context.Node), silo.Gate, Options.Create(world.Knobs.Rooms), silo.Watch, world.Shared.Grains, context.Node.Time,
                world.Logger<RoomGrain>(context.Node), context, context)
            : new UserGrain(silo.Watch, silo.Gate, context.Node.Time, world.Logger<UserGrain>(context.Node), context, context));
        world.Tell?.Invoke($"{activation.Node.Name} begins");
        _activations.Add(activation);
        return _where[(kind, key)] = activation;
    }
}
