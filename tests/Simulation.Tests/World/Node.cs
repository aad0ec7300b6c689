namespace OrleansChat.Simulation.Tests.World;

/// <summary>
/// One process, or one activation of a grain: what is awaited in it goes on in it, in the order of a grain's turns or in any order, as on a
/// thread pool. One that died does nothing any more, in the middle of whatever it did; one that is frozen does it later.
/// </summary>
/// <param name="inTurns">True for the order of a grain's turns.</param>
internal sealed class Node(Scheduler scheduler, string name, bool inTurns, TimeSpan clock) : TaskScheduler
{
    private readonly List<Task> _tasks = [];
    private bool _frozen;
    private bool _listed;
    private NodeTime? _time;

    /// <summary>Its name in traces.</summary>
    public string Name => name;

    /// <summary>Its number in the world.</summary>
    public int Number { get; } = scheduler.NumberNode();

    /// <summary>False once it died.</summary>
    public bool Alive { get; private set; } = true;

    /// <summary>Its clock, which is not quite the others'.</summary>
    public TimeProvider Time => _time ??= new(scheduler, this, clock);

    /// <summary>Dies.</summary>
    public void Kill()
    {
        Alive = false;
        _tasks.Clear();
    }

    /// <summary>Stands still, or goes on.</summary>
    public bool Frozen
    {
        get => _frozen;
        set
        {
            _frozen = value;
            List();
        }
    }

    /// <summary>Begins something here.</summary>
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

    /// <summary>Begins something here.</summary>
    public Task<T> StartAsync<T>(Func<Task<T>> action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    /// <summary>Begins something here.</summary>
    public Task StartAsync(Func<Task> action) => StartAsync(async () =>
    {
        try
        {
            await action();
            return true;
        }
        catch (Exception failure)
        {
            scheduler.Broke($"{name}: {failure}");
            return false;
        }
    });

    /// <summary>Runs one ready task. False where it is not to be asked again before it says so.</summary>
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
