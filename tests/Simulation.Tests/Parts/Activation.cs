using Microsoft.Extensions.DependencyInjection;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// One activation of a real grain on a silo. This class implements only the parts of Orleans that the grains use.
/// </summary>
internal sealed partial class Activation : Hosted, IGrainContext, IGrainRuntime, IServiceProvider, IGrainReferenceRuntime, IKeyedServiceProvider
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);
    private readonly Simulated _world;
    private readonly GatewayStreamProvider _inboxes;
    private int _delays;

    public Activation(Simulated world, Silo silo, string kind, string key, Func<Activation, Grain> make)
        : base(new Node(world.Scheduler, $"{kind} {key} on {silo.Node.Name}", inTurns: true, silo.Clock), new object())
    {
        _world = world;
        Silo = silo;
        Key = (kind, key);
        GrainId = GrainId.Create(kind, key);
        GrainReference = new Reference(new(GrainId.Type, default, 0, this, default, null!, null!, this), GrainId.Key);
        GrainFactory = Cluster.Create(world, Node);
        _inboxes = new(world, Node);
        Grain = make(this);
    }

    public Silo Silo { get; }

    public (string Kind, string Key) Key { get; }

    public GrainReference GrainReference { get; }

    public GrainId GrainId { get; }

    public IGrainFactory GrainFactory { get; }

    public IServiceProvider ActivationServices => this;

    public IServiceProvider ServiceProvider => this;

    object? IGrainContext.GrainInstance => Grain;

    TimeProvider IGrainRuntime.TimeProvider => Node.Time;

    public object? GetService(Type serviceType) => serviceType == typeof(IKeyedServiceProvider) ? this : null;

    public object? GetKeyedService(Type serviceType, object? serviceKey) => _inboxes;

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => _inboxes;

    public object Cast(IAddressable grain, Type interfaceType) =>
        interfaceType == typeof(IRoomGrain) ? GrainFactory.GetGrain<IRoomGrain>(Key.Key) : GrainFactory.GetGrain<IUserGrain>(Key.Key);

    void IGrainRuntime.DeactivateOnIdle(IGrainContext grainContext) => _world.Scheduler.After(TimeSpan.Zero, Leave);

    void IGrainRuntime.DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan)
    {
        var delay = ++_delays;
        if (timeSpan != Timeout.InfiniteTimeSpan)
        {
            // Deactivate later. But do not deactivate if the activation has requested a new delay by then, or is
            // executing a call at that time.
            _world.Scheduler.After(timeSpan + _world.Scheduler.Between(1000, 6000), () =>
            {
                if (delay == _delays && Running == 0)
                {
                    Leave();
                }
            });
        }
    }

    /// <summary>
    /// Deactivates gracefully: accepts no new calls, waits for the calls in flight, and then runs OnDeactivate.
    /// </summary>
    public void Leave()
    {
        if (!Leaving && Node.Alive)
        {
            Leaving = true;
            _world.Tell?.Invoke($"{Node.Name} leaves");
            Wait(_world.Scheduler.Now + MaxWait.Ticks);
        }
    }

    private void Wait(long maxWait)
    {
        if (Running > 0 && _world.Scheduler.Now < maxWait)
        {
            _world.Scheduler.After(Look, () => Wait(maxWait));
            return;
        }

        _ = Node.StartAsync(async () =>
        {
            try
            {
                await ((Grain)Grain).OnDeactivateAsync(new(DeactivationReasonCode.ShuttingDown, "the simulation deactivates the grain"), CancellationToken.None);
            }
            finally
            {
                Gone();
            }
        });
        _world.Scheduler.After(MaxWait, Gone);
    }

    /// <summary>Ends the activation.</summary>
    public void Gone()
    {
        if (Node.Alive)
        {
            Node.Kill();
            _world.Silos.Forget(this);
        }
    }

    private sealed class Reference(GrainReferenceShared shared, IdSpan key) : GrainReference(shared, key);
}
