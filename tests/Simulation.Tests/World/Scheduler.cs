namespace OrleansChat.Simulation.Tests.World;

/// <summary>
/// Everything that happens in one simulated world, one step after another on one thread: which ready task of which node runs next is drawn
/// from the seed, and time moves where nothing is ready (and now and then before that: machines are slow). The same seed, the same run.
/// </summary>
internal sealed class Scheduler(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<Node> _ready = [];
    private readonly PriorityQueue<Action, (long Due, long Number)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;
    private int _nodes;

    /// <summary>Ticks since the world began.</summary>
    public long Now { get; private set; }

    /// <summary>Steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>What happened so far, folded into one number: two runs of a seed have the same.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>What must never happen in the simulation itself: work on a thread that no seed rules, or an exception that nobody expected.</summary>
    public string? Broken { get; private set; }

    /// <summary>The simulation itself is at fault, or what it simulates threw where nobody awaits it.</summary>
    public void Broke(string how) => Broken ??= how;

    /// <summary>A number from 0, under <paramref name="below"/>.</summary>
    public int Next(int below)
    {
        var drawn = _random.Next(below);
        Mix((ulong)drawn);
        return drawn;
    }

    /// <summary>True this often out of a thousand times.</summary>
    public bool Chance(int thousandths) => thousandths > 0 && Next(1000) < thousandths;

    /// <summary>A time between two numbers of milliseconds.</summary>
    public TimeSpan Between(int least, int most) => TimeSpan.FromMilliseconds(least) + TimeSpan.FromMicroseconds(Next(((most - least) * 1000) + 1));

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> of) => of[Next(of.Count)];

    /// <summary>Folds something that happened into <see cref="Hash"/>.</summary>
    public void Mix(ulong happened) => Hash = (Hash ^ happened) * 1099511628211;

    /// <summary>Does something later, on no node.</summary>
    public void After(TimeSpan delay, Action happens) => At(Now + delay.Ticks, happens);

    /// <summary>Does something at a time, on no node.</summary>
    public void At(long due, Action happens) => _events.Enqueue(happens, (Math.Max(due, Now), _number++));

    /// <summary>A number for a new node.</summary>
    public int NumberNode() => _nodes++;

    /// <summary>A node has something to do.</summary>
    public void Ready(Node node)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Broke($"{node.Name} was given work by another thread: {Environment.StackTrace}");
        }

        _ready.Add(node);
    }

    /// <summary>Runs one step. False where nothing is left to do.</summary>
    public bool Step()
    {
        Steps++;
        if (_ready.Count > 0 && !(_events.TryPeek(out _, out var next) && next.Due - Now < TimeSpan.TicksPerSecond / 20 && Next(64) == 0))
        {
            var at = _ready.Count == 1 ? 0 : _random.Next(_ready.Count);
            var node = _ready[at];
            Mix(((ulong)node.Number << 32) ^ (ulong)at);
            if (!node.RunOne(_random))
            {
                _ready[at] = _ready[^1];
                _ready.RemoveAt(_ready.Count - 1);
            }

            return true;
        }

        if (!_events.TryDequeue(out var happens, out var when))
        {
            return false;
        }

        Now = Math.Max(Now, when.Due);
        Mix((ulong)Now);
        happens();
        return true;
    }

    /// <summary>Runs until a time.</summary>
    public void RunUntil(long due, Func<bool> stop)
    {
        while (Now < due && !stop() && Step())
        {
        }
    }
}
