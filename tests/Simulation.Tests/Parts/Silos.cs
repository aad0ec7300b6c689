using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Users;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>A silo: the activations on it, its watch over gateways, and its readers of the log.</summary>
internal sealed class Silo
{
    public Silo(Simulated world, string name)
    {
        Clock = world.Scheduler.Between(0, 4000);
        Node = new(world.Scheduler, name, inTurns: false, Clock);
        Watch = new(new Cluster(world, Node), Node.Time, world.Shared.Grains, world.Logger<GatewayWatch>(Node));
        History = new(Node, new HistoryGrain(world.Database.For(Node), new Membership(world)));
        _ = Node.StartAsync(() => Background.RunAsync(Watch, CancellationToken.None));
    }

    /// <summary>How wrong its clock is.</summary>
    public TimeSpan Clock { get; }

    public Node Node { get; }

    public GatewayWatch Watch { get; }

    public Hosted History { get; }
}

/// <summary>Which silos there are, as their number of changes alone tells.</summary>
internal sealed class Membership(Simulated world) : IClusterMembershipService
{
    public ClusterMembershipSnapshot CurrentSnapshot =>
        new(ImmutableDictionary<SiloAddress, ClusterMember>.Empty, new MembershipVersion(world.ClusterNumber));

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException("Nobody waits for changes here.");

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => default;

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException("Silos crash by the schedule.");
}

/// <summary>
/// The silos and where each grain is: one activation each, unless the silos disagree. Then some gateways reach the older one for a while.
/// </summary>
internal sealed class Silos(Simulated world)
{
    private readonly List<Silo> _silos = [];
    private readonly Dictionary<(string Kind, string Key), Activation> _where = [];
    private readonly Dictionary<((string Kind, string Key) Grain, Node Caller), Activation> _elsewhere = [];
    private readonly List<Activation> _activations = [];
    private int _started;

    /// <summary>Those that live.</summary>
    public IReadOnlyList<Silo> Living => _silos;

    /// <summary>Every activation that lives.</summary>
    public IReadOnlyList<Activation> Activations => _activations;

    public void Start() => _silos.Add(new(world, $"s{++_started}"));

    /// <summary>Dies. That it did is known a while later, and some time after that another one starts.</summary>
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

    /// <summary>The activation that answers a caller; null where no silo lives that could hold it.</summary>
    public Activation? Find(string kind, string key, Node caller)
    {
        if (_elsewhere.TryGetValue(((kind, key), caller), out var older) && older is { Node.Alive: true, Leaving: false })
        {
            return older;
        }

        return _where.TryGetValue((kind, key), out var found) ? found : Activate(kind, key, null);
    }

    /// <summary>The silos disagree: another activation of the grain is made, and some callers go on with the older one.</summary>
    public void Split(Activation older, IEnumerable<Node> callers)
    {
        if (_where.GetValueOrDefault(older.Key) != older || older.Leaving || !older.Node.Alive)
        {
            return;
        }

        world.Tell?.Invoke($"{older.Node.Name} has a double from now on");
        foreach (var caller in callers)
        {
            _elsewhere[(older.Key, caller)] = older;
        }

        Activate(older.Key.Kind, older.Key.Key, older.Silo);
    }

    /// <summary>The silos agree again: what is double goes.</summary>
    public void Agree()
    {
        _elsewhere.Clear();
        foreach (var activation in _activations.Where(one => _where.GetValueOrDefault(one.Key) != one).ToArray())
        {
            activation.Leave();
        }
    }

    /// <summary>An activation is no more.</summary>
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
                world.Database.For(context.Node), Options.Create(world.Knobs.Rooms), silo.Watch, world.Shared.Grains, context.Node.Time,
                world.Logger<RoomGrain>(context.Node), context, context)
            : new UserGrain(silo.Watch, context.Node.Time, world.Logger<UserGrain>(context.Node), context, context));
        world.Tell?.Invoke($"{activation.Node.Name} begins");
        _activations.Add(activation);
        return _where[(kind, key)] = activation;
    }
}
