using OrleansChat.Gateway.Cluster;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Users;
using OrleansChat.TestSupport;

namespace OrleansChat.Simulation.Tests.Budgets;

/// <summary>
/// Tests the send budget of one user, with the real code of the grain and of several gateways, and with a manual clock.
/// The tests check how many sends each gateway accepts.
/// </summary>
public sealed class UserBudgetTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    public static TheoryData<int, int, int, string> Demands
    {
        get
        {
            var all = new TheoryData<int, int, int, string>();
            foreach (var gateways in new[] { 1, 2, 3, 5, 10 })
            {
                foreach (var (perSecond, burst) in new[] { (1, 20), (3, 1), (10, 1), (10, 20), (100, 20), (500, 1000) })
                {
                    foreach (var skew in new[] { "greedy", "one-greedy", "equal" })
                    {
                        all.Add(gateways, perSecond, burst, skew);
                    }
                }
            }

            return all;
        }
    }

    [Theory, MemberData(nameof(Demands))]
    public Task Sends_WhenDemandIsAtTheLimit_AreBoundedAndShared(int gateways, int perSecond, int burst, string skew) => Task.Run(() =>
    {
        var seconds = Math.Max(20, 100 / perSecond);
        var world = new World(gateways, perSecond, burst);
        var share = (double)perSecond / gateways;
        for (var i = 0; i < gateways; i++)
        {
            world.Gateways[i].Demand = skew switch
            {
                "greedy" => 10 * perSecond,
                "one-greedy" => i == 0 ? 10 * perSecond : share,
                _ => 1.05 * share,
            };
        }

        world.Run(TimeSpan.FromSeconds(5));
        var before = world.Gateways.Select(gateway => gateway.Sent.Count).ToArray();
        world.Run(TimeSpan.FromSeconds(seconds));

        world.AssertWindows();
        var sent = world.Gateways.Select((gateway, i) => gateway.Sent.Count - before[i]).ToArray();
        Assert.True(sent.Sum() >= 0.9 * perSecond * seconds, $"The gateways accepted only {sent.Sum()} sends in {seconds} s, but the limit is {perSecond}/s. By gateway: {string.Join(' ', sent)}");
        Assert.All(sent, one => Assert.True(one >= Math.Floor(0.5 * share * seconds), $"One gateway accepted only {one} sends in {seconds} s. By gateway: {string.Join(' ', sent)}"));
    }, TestContext.Current.CancellationToken);

    [Theory, InlineData(1, 20), InlineData(10, 20), InlineData(10, 1), InlineData(100, 1)]
    public Task Sends_WhenBurstsFollowRests_StayWithinTheBound(int perSecond, int burst) => Task.Run(() =>
    {
        var world = new World(10, perSecond, burst);
        var random = new Random(7);
        for (var i = 0; i < 40; i++)
        {
            foreach (var gateway in world.Gateways)
            {
                gateway.Demand = random.Next(3) switch { 0 => 0, 1 => perSecond / 2.0, _ => 50 * perSecond };
            }

            world.Run(TimeSpan.FromMilliseconds(random.Next(100, 4000)));
        }

        world.AssertWindows();
    }, TestContext.Current.CancellationToken);

    [Theory, InlineData(1, 1.2), InlineData(1, 5), InlineData(3, 0.5), InlineData(10, 0.3), InlineData(10, 2.5), InlineData(100, 0.1)]
    public Task Sends_WhenAUserTypes_AreNeverRefused(int perSecond, double everySeconds) => Task.Run(() =>
    {
        var world = new World(2, perSecond, 20);
        world.Gateways[0].Demand = 1 / everySeconds;

        world.Run(TimeSpan.FromMinutes(5));

        Assert.Equal(0, world.Gateways[0].Refused);
        Assert.InRange(world.Gateways[0].Sent.Count, (int)(300 / everySeconds) - 2, (int)(300 / everySeconds) + 2);
    }, TestContext.Current.CancellationToken);

    [Fact]
    public Task Sends_WhenABurstWasSavedUp_AreAcceptedAtOnce() => Task.Run(() =>
    {
        var world = new World(1, 10, 20);
        world.Run(TimeSpan.FromSeconds(3));
        world.Gateways[0].Demand = 10_000;

        world.Run(TimeSpan.FromMilliseconds(250));

        Assert.InRange(world.Gateways[0].Sent.Count, 20, 23);
    }, TestContext.Current.CancellationToken);

    [Fact]
    public Task Sends_WhenTheActivationIsNew_StartWithOneBlock() => Task.Run(() =>
    {
        var world = new World(1, 10, 20);
        world.Gateways[0].Demand = 10_000;

        world.Run(TimeSpan.FromMilliseconds(90));

        Assert.Equal(2, world.Gateways[0].Sent.Count);
    }, TestContext.Current.CancellationToken);

    [Theory, InlineData(true), InlineData(false)]
    public Task Sends_WhenTheGrainIsUnreachable_AreOneBlockPerSecond(bool hangs) => Task.Run(() =>
    {
        var world = new World(1, 50, 100);
        world.Gateways[0].Demand = 500;
        world.Run(TimeSpan.FromSeconds(2));
        world.Away = hangs ? Away.Hangs : Away.Fails;
        world.Run(TimeSpan.FromSeconds(3));
        var before = world.Gateways[0].Sent.Count;

        world.Run(TimeSpan.FromSeconds(20));

        Assert.InRange(world.Gateways[0].Sent.Count - before, 19 * 10, 21 * 10);
        world.Away = Away.No;
        before = world.Gateways[0].Sent.Count;
        world.Run(TimeSpan.FromSeconds(4));
        Assert.InRange(world.Gateways[0].Sent.Count - before, 3 * 50 * 9 / 10, 5 * 50 + 100);
    }, TestContext.Current.CancellationToken);

    [Fact]
    public Task Sends_WhenTheLimitIsHigh_RarelyWaitForALease() => Task.Run(() =>
    {
        var world = new World(1, 100_000, 100_000);
        world.Gateways[0].Demand = 2000;

        world.Run(TimeSpan.FromSeconds(5));

        // The grain leases sends to the gateway in blocks. Sends wait only for the first block, because the gateway
        // requests each later block in advance.
        Assert.InRange(world.Gateways[0].Waited, 0, 6);
        Assert.InRange(world.Calls, 1, 10);
    }, TestContext.Current.CancellationToken);

    private enum Away
    {
        No,
        Fails,
        Hangs,
    }

    private sealed class World
    {
        private readonly ManualTime _time = new();
        private readonly Random _random = new(11);
        private readonly LeasedBudget _budget;
        private readonly int _perSecond;
        private readonly int _burst;
        private readonly List<(TimeSpan At, Action Answer)> _answers = [];
        private readonly OneThread _thread = new();
        private TimeSpan _now;

        public World(int gateways, int perSecond, int burst)
        {
            (_perSecond, _burst) = (perSecond, burst);
            _budget = new(_time, TimeSpan.FromSeconds(1), startsFull: false);

            // The user has connected to another gateway before. So the grain has an activation, and its budget exists.
            _budget.Lease("another gateway", new(BudgetKind.Sends, perSecond, burst, 0, 0, 0, Ahead: false));
            Gateways = [.. Enumerable.Range(0, gateways).Select(i => new OneGateway(new UserBudgets(
                [new(BudgetKind.Sends, perSecond, burst)], asks => LeaseAsync($"g{i}", asks), _time)))];
        }

        public OneGateway[] Gateways { get; }

        public Away Away { get; set; }

        public int Calls { get; private set; }

        public void Run(TimeSpan duration)
        {
            SynchronizationContext.SetSynchronizationContext(_thread);
            for (var end = _now + duration; _now < end;)
            {
                _now += Step;
                _time.Advance(Step);
                while (_answers.FindIndex(one => one.At <= _now) is >= 0 and var at)
                {
                    var answer = _answers[at].Answer;
                    _answers.RemoveAt(at);
                    answer();
                    _thread.Run();
                }

                foreach (var gateway in Gateways.OrderBy(_ => _random.Next()).ToArray())
                {
                    gateway.Step(_now);
                    _thread.Run();
                }
            }

            SynchronizationContext.SetSynchronizationContext(null);
        }

        /// <summary>
        /// Asserts that in each period of 10 s, the gateways accepted at most 1.1 times the sends that the rate and the
        /// burst allow.
        /// </summary>
        public void AssertWindows()
        {
            var all = Gateways.SelectMany(gateway => gateway.Sent).Order().ToArray();
            var from = 0;
            for (var to = 0; to < all.Length; to++)
            {
                while (all[from] <= all[to] - TimeSpan.FromSeconds(10))
                {
                    from++;
                }

                Assert.True(to - from + 1 <= 1.1 * ((10 * _perSecond) + _burst), $"{to - from + 1} sends in the 10 s that end at {all[to]}");
            }
        }

        private Task<BudgetGrant[]> LeaseAsync(string gateway, BudgetAsk[] asks)
        {
            Calls++;
            switch (Away)
            {
                case Away.Fails:
                    return Task.FromException<BudgetGrant[]>(new TimeoutException("away"));
                case Away.Hangs:
                    return new TaskCompletionSource<BudgetGrant[]>().Task;
            }

            var answered = new TaskCompletionSource<BudgetGrant[]>();
            var arrives = _now + TimeSpan.FromMilliseconds(_random.Next(0, 10));
            _answers.Add((arrives, Lease));
            return answered.Task;

            void Lease()
            {
                var grants = Array.ConvertAll(asks, ask => _budget.Lease(gateway, ask));
                _answers.Add((arrives + TimeSpan.FromMilliseconds(_random.Next(0, 10)), () => answered.SetResult(grants)));
            }
        }
    }

    /// <summary>Queues continuations. <see cref="Run"/> runs them on the caller's thread.</summary>
    private sealed class OneThread : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _due = new();

        public override void Post(SendOrPostCallback d, object? state) => _due.Enqueue((d, state));

        public void Run()
        {
            while (_due.TryDequeue(out var next))
            {
                next.Callback(next.State);
            }
        }
    }

    /// <summary>
    /// A gateway with one connection of the user. The client repeats a refused send after the retry time in the
    /// refusal.
    /// </summary>
    private sealed class OneGateway(UserBudgets budgets)
    {
        private Task<int>? _pending;
        private TimeSpan _next;
        private TimeSpan _retry;
        private bool _begun;

        /// <summary>How many sends per second the client attempts.</summary>
        public double Demand { get; set; }

        public List<TimeSpan> Sent { get; } = [];

        public int Refused { get; private set; }

        public int Waited { get; private set; }

        public void Step(TimeSpan now)
        {
            if (Demand == 0)
            {
                _begun = false;
            }
            else if (!_begun)
            {
                (_begun, _next) = (true, now);
            }

            while (true)
            {
                if (_pending is { } pending)
                {
                    if (!pending.IsCompleted)
                    {
                        return;
                    }

                    _pending = null;
                    if (pending.Result == 0)
                    {
                        Sent.Add(now);
                        _next += TimeSpan.FromSeconds(1 / Math.Max(Demand, 0.001));
                        _next = _next < now - TimeSpan.FromSeconds(1) ? now - TimeSpan.FromSeconds(1) : _next;
                    }
                    else
                    {
                        Refused++;
                        _retry = now + TimeSpan.FromMilliseconds(pending.Result);
                    }
                }

                if (!_begun || now < _next || now < _retry)
                {
                    return;
                }

                _pending = budgets.TakeAsync(BudgetKind.Sends, out _).AsTask();
                Waited += _pending.IsCompleted ? 0 : 1;
            }
        }
    }
}
