using Microsoft.Extensions.Hosting;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Rooms;
using OrleansChat.Protocol;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// The limits in one simulated world. The seed makes many of these limits small, so that the run reaches them.
/// </summary>
internal sealed class Knobs(Scheduler scheduler)
{
    public RoomOptions Rooms { get; } = new()
    {
        RowsPerBatch = scheduler.Pick([2, 5, 256]),
        WaitingEntries = scheduler.Pick([6, 4096]),
        WaitingPublishes = scheduler.Pick([4, 2048]),
        RecentMessages = scheduler.Pick([64, 1024]),
        NamedPresence = scheduler.Pick([0, 50]),
        PublishInterval = TimeSpan.FromMilliseconds(scheduler.Pick([0, 5, 50])),
        PublishEvents = scheduler.Pick([2, 32]),
        CreatesPerUser = scheduler.Pick([0, 1, 20]),
        CreateInterval = TimeSpan.FromSeconds(1),
        JoinsPerUser = scheduler.Pick([0, 1, 100]),
        JoinInterval = TimeSpan.FromSeconds(1),
    };

    public FanoutOptions Fanout { get; } = new()
    {
        CommandsPerRoom = scheduler.Pick([8, 8192]),
        CommandsPerCall = scheduler.Pick([1, 3, 256]),
        CallInterval = TimeSpan.FromMilliseconds(scheduler.Pick([0, 8, 50])),
        CallCommands = scheduler.Pick([2, 32]),
        RepairEvents = scheduler.Pick([1, 4, 256]),
        GapEvents = scheduler.Pick([3, 10, 1024]),
        OutOfOrderEvents = scheduler.Pick([1, 4, 256]),
        GapWait = TimeSpan.FromMilliseconds(scheduler.Pick([0, 50])),
    };

    public ProtocolLimits Limits { get; } = new() { SendsPerSecond = 1_000_000, SendBurst = 1_000_000, ReplayEvents = scheduler.Pick([5, 20, 500]), ConnectionsPerUser = 1000 };

    /// <summary>The budgets are high, but not switched off, so that gateways lease them.</summary>
    public BudgetOptions Budgets { get; } = new()
    {
        CommandsPerSecond = 1_000_000,
        CommandBurst = 1_000_000,
        ConnectsPerSecond = 1_000_000,
        ConnectBurst = 1_000_000,
        CursorsPerSecond = 1_000_000,
    };

    public ChatSessionOptions Sessions { get; } = new() { CatchUpEvents = scheduler.Pick([1, 4, 128]), CommandsInFlight = scheduler.Pick([1, 4, 256]), MaxLagEvents = scheduler.Pick([8, 30, 10_000]) };

    public int SendQueueBytes { get; } = scheduler.Pick([1000, 3000, 256 * 1024]);

    public int WriteBytes { get; } = scheduler.Pick([200, 64 * 1024]);

    /// <summary>Lets a mutant replace the head poller.</summary>
    public Func<BackgroundService, BackgroundService> WrapHeadPoller { get; set; } = static poller => poller;
}
