namespace OrleansChat.Simulation.Tests.World;

/// <summary>
/// A simulated process, or a simulated activation of a grain. After an <c>await</c>, code continues on the same node. A
/// node runs its ready tasks in their order, as a grain does, or in any order, as a thread pool does. A dead node stops
/// in the middle of its work. A frozen node continues later.
/// </summary>
/// <param name="inTurns">True to run the tasks in their order, as a grain does; false for any order.</param>
internal sealed class Node(Scheduler scheduler, string name, bool inTurns, TimeSpan clock) : TaskScheduler
{
    private readonly List<Task> _tasks = [];
    private bool _frozen;
    private bool _listed;
    private NodeTime? _time;

    /// <summary>The name in traces.</summary>
    public string Name => name;

    /// <summary>The number of the node, from 0.</summary>
    public int Number { get; } = scheduler.NumberNode();

    /// <summary>False after <see cref="Kill"/>.</summary>
    public bool Alive { get; private set; } = true;

    /// <summary>The clock of this node, which differs from other clocks.</summary>
    public TimeProvider Time => _time ??= new(scheduler, this, clock);

    /// <summary>Stops the node forever.</summary>
    public void Kill()
    {
        Alive = false;
        _tasks.Clear();
    }

    /// <summary>True while the node is paused.</summary>
    public bool Frozen
    {
        get => _frozen;
        set
        {
            _frozen = value;
            List();
        }
    }

    public void Start(Action action)
    {
        if (Alive)
        {
            _ = StartAsync(() =>
            {
                action();
                return Task.CompletedTask;
            });
        }
    }

    public Task<T> StartAsync<T>(Func<Task<T>> action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    /// <summary>Starts an action on this node. If the action throws, the simulation fails.</summary>
    public Task StartAsync(Func<Task> action) => StartAsync(async () =>
    {
        try
        {
            await action();
            return true;
        }
        catch (Exception exception)
        {
            scheduler.Broke($"{name}: {exception}");
            return false;
        }
    });

    /// <summary>
    /// Runs one ready task. Returns false if the node then has no ready task. In this case, the node calls
    /// <see cref="Scheduler.Ready"/> when it has a ready task again.
    /// </summary>
    public bool RunOne(Random random)
    {
        if (Alive && !_frozen && _tasks.Count > 0)
        {
            var at = inTurns || _tasks.Count == 1 ? 0 : random.Next(_tasks.Count);
            var task = _tasks[at];
            _tasks.RemoveAt(at);
            TryExecuteTask(task);
        }

        return _listed = Alive && !_frozen && _tasks.Count > 0;
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        if (Alive)
        {
            _tasks.Add(task);
            List();
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        Alive && Current == this && !taskWasPreviouslyQueued && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => _tasks;

    private void List()
    {
        if (!_listed && !_frozen && _tasks.Count > 0)
        {
            _listed = true;
            scheduler.Ready(this);
        }
    }
}
