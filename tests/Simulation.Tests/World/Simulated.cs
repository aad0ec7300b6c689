using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.MessageLog.Memory;
using OrleansChat.Simulation.Tests.Parts;
using OrleansChat.Simulation.Tests.People;

namespace OrleansChat.Simulation.Tests.World;

/// <summary>The result of one seed.</summary>
/// <param name="Violation">The promise that did not hold; null if all promises held.</param>
/// <param name="Hash">A hash of the whole run.</param>
internal sealed record Outcome(int Seed, string? Violation, ulong Hash, long Steps, int Sends, int Gaps);

/// <summary>
/// One simulated world: a log, silos with real rooms, gateways with real sessions and feeds, and clients. A schedule
/// determines what the clients do and which faults happen. Then the faults end, and all promises must hold.
/// </summary>
internal sealed class Simulated
{
    /// <summary>
    /// All promises must hold within this time after the last fault. In this time, calls in flight and leases end, new
    /// activations claim their rooms, and gateways poll the log.
    /// </summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(60);

    /// <summary>The run ends when all promises have held for this time.</summary>
    private static readonly TimeSpan Stays = TimeSpan.FromSeconds(4);

    private readonly int _seed;
    private readonly List<Client> _clients = [];
    private string? _violation;

    /// <param name="tell">Receives the trace; null for no trace.</param>
    /// <param name="log">Wraps the log in a mutant; null to use the log without a mutant.</param>
    /// <param name="knobs">Changes the limits, or replaces the head poller with a mutant; null for no change.</param>
    public Simulated(int seed, Shared shared, Action<string>? tell = null, Func<Simulated, IMessageLog, IMessageLog>? log = null, Action<Knobs>? knobs = null)
    {
        _seed = seed;
        Shared = shared;
        Scheduler = new(seed);
        Tell = tell is null ? null : what => tell(string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromTicks(Scheduler.Now).TotalSeconds,9:0.0000}  {what}"));
        Knobs = new(Scheduler);
        knobs?.Invoke(Knobs);
        Network = new(Scheduler);
        IMessageLog store = new MemoryMessageLog(shared.Log);
        Database = new(this, log?.Invoke(this, store) ?? store, store);
        Inboxes = new(this);
        Silos = new(this);
        Gateways = new(this);
        Always = new(Scheduler, "always", inTurns: false, TimeSpan.Zero);
        Registry = new(Always, new Registry(this));
        Echo = new(Always, new ProbeOnAnySilo(this, Always));
    }

    public Shared Shared { get; }

    public Scheduler Scheduler { get; }

    public Knobs Knobs { get; }

    public Network Network { get; }

    public Database Database { get; }

    public GatewayStreams Inboxes { get; }

    public Silos Silos { get; }

    public Gateways Gateways { get; }

    /// <summary>A node without faults.</summary>
    public Node Always { get; }

    public Hosted Registry { get; }

    public Hosted Echo { get; }

    public IReadOnlyList<Client> Clients => _clients;

    public List<Outgoing> Sends { get; } = [];

    /// <summary>The number of gaps that clients received.</summary>
    public int Gaps { get; set; }

    /// <summary>A number that increases each time a silo joins or leaves the cluster.</summary>
    public long ClusterNumber { get; set; } = 1;

    /// <summary>Writes a line to the trace; null if there is no trace.</summary>
    public Action<string>? Tell { get; }

    public ILogger<T> Logger<T>(Node node) => new Logger<T>(this, node);

    /// <summary>Checks a promise. The first violation ends the run.</summary>
    public void Expect(bool holds, string otherwise)
    {
        if (!holds && _violation is null)
        {
            _violation = otherwise;
            Tell?.Invoke($"VIOLATED: {otherwise}");
        }
    }

    /// <summary>Completes after this time. The code that awaits the task continues on its own node.</summary>
    public Task PauseAsync(TimeSpan time)
    {
        var pause = new TaskCompletionSource();
        Scheduler.After(time, pause.SetResult);
        return pause.Task;
    }

    /// <summary>Runs the schedule, ends all faults, and then checks every promise.</summary>
    public Outcome Run()
    {
        var rooms = new Schedule(this, _clients).Begin(out var until);
        Scheduler.RunUntil(until, () => Ended);
        Tell?.Invoke("the faults end");
        Calming();
        var checks = new Checks(this, rooms);
        var right = long.MaxValue;
        for (var (look, last) = (Scheduler.Now, Scheduler.Now + Calm.Ticks); !Ended && Scheduler.Now < last && Scheduler.Now - Stays.Ticks < right;)
        {
            look += TimeSpan.TicksPerSecond / 4;
            Scheduler.RunUntil(look, () => Ended);
            right = checks.Unsettled() is null ? Math.Min(right, Scheduler.Now) : long.MaxValue;
        }

        if (!Ended)
        {
            Expect(right != long.MaxValue, $"{Calm.TotalSeconds} s after the last fault, {checks.Unsettled()}");
            checks.Everything();
        }

        Expect(Scheduler.Broken is null, $"The simulation itself failed: {Scheduler.Broken}");
        return new(_seed, _violation, Scheduler.Hash, Scheduler.Steps, Sends.Count, Gaps);
    }

    private bool Ended => _violation is not null || Scheduler.Broken is not null;

    private void Calming()
    {
        Network.Faults = Faults.None;
        Database.AwayUntil = 0;
        foreach (var gateway in Gateways.Living)
        {
            gateway.Node.Frozen = false;
        }

        foreach (var client in _clients)
        {
            client.SlowMs = 0;
        }

        Scheduler.After(Scheduler.Between(0, 3000), Silos.Agree);
    }
}
