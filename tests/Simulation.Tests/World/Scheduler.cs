namespace OrleansChat.Simulation.Tests.World;

/// <summary>
/// Runs one simulated world step by step on one thread. The seed determines which ready task of which node runs next.
/// Time advances when no task is ready, and sometimes earlier, as if the machine were slow. The same seed gives the
/// same run.
/// </summary>
internal sealed class Scheduler(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<Node> _ready = [];
    private readonly PriorityQueue<Action, (long Due, long Number)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;
    private int _nodes;

    /// <summary>Ticks since the start of the run.</summary>
    public long Now { get; private set; }

    /// <summary>The number of steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>A hash of everything that happened so far. Two runs of one seed have the same hash.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>
    /// The first failure of the simulation itself: work on another thread, or an unexpected exception. Null if there is
    /// none.
    /// </summary>
    public string? Broken { get; private set; }

    /// <summary>Records a failure of the simulation itself, or an exception that no simulated code catches.</summary>
    public void Broke(string how) => Broken ??= how;

    /// <summary>Draws a number from 0 up to but not including <paramref name="below"/>.</summary>
    public int Next(int below)
    {
        var drawn = _random.Next(below);
        Mix((ulong)drawn);
        return drawn;
    }

    /// <summary>Draws true with this probability, in thousandths.</summary>
    public bool Chance(int thousandths) => thousandths > 0 && Next(1000) < thousandths;

    /// <summary>Draws a duration. Both bounds are in milliseconds.</summary>
    public TimeSpan Between(int least, int most) => TimeSpan.FromMilliseconds(least) + TimeSpan.FromMicroseconds(Next(((most - least) * 1000) + 1));

    /// <summary>Draws one item of a list.</summary>
    public T Pick<T>(IReadOnlyList<T> of) => of[Next(of.Count)];

    /// <summary>Adds a value to <see cref="Hash"/>.</summary>
    public void Mix(ulong happened) => Hash = (Hash ^ happened) * 1099511628211;

    /// <summary>Runs an action after a delay. The action is not a task of a node.</summary>
    public void After(TimeSpan delay, Action happens) => At(Now + delay.Ticks, happens);

    /// <summary>Runs an action at the given time. The action is not a task of a node.</summary>
    public void At(long due, Action happens) => _events.Enqueue(happens, (Math.Max(due, Now), _number++));

    public int NumberNode() => _nodes++;

    /// <summary>Adds a node that has a ready task, so that one of the next steps can run the task.</summary>
    public void Ready(Node node)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Broke($"Another thread started a task on {node.Name}: {Environment.StackTrace}");
        }

        _ready.Add(node);
    }

    /// <summary>Runs one step. Returns false if nothing is left to do.</summary>
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

    /// <summary>Runs until a time, or until <paramref name="stop"/> returns true.</summary>
    public void RunUntil(long due, Func<bool> stop)
    {
        while (Now < due && !stop() && Step())
        {
        }
    }
}
