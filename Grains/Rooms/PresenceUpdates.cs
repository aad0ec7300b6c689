namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Batches the arrivals and departures of users into presence updates. In a large room, an update has only the number
/// of users. Each update has a number. The newest updates are kept for gateways that missed some of them. Not
/// thread-safe: all code of this class runs on the room grain's task scheduler.
/// </summary>
/// <remarks>
/// The loop <see cref="PublishAsync"/> starts with the first change and takes these steps:
/// <list type="number">
/// <item>Yield, so that all changes of one call are in one update.</item>
/// <item>Publish an update with all changes since the last one (<see cref="Publish"/>). A user that both arrived and
/// left since then is not in the update.</item>
/// <item>Wait for <see cref="RoomOptions.PresenceInterval"/>, or for <see cref="RoomOptions.PresenceCountInterval"/> if
/// the update has only the count. If there are changes, go to step 2.</item>
/// <item>Wait up to <see cref="RoomOptions.PresenceResync"/> for a change. If there is one, go to step 2.</item>
/// <item>Publish the number of the last update once more (<see cref="Resync"/>). A gateway that missed the update
/// notices this from the number. Then the loop ends.</item>
/// </list>
/// </remarks>
/// <param name="count">Returns the number of users attached now.</param>
/// <param name="publish">Publishes an update.</param>
internal sealed class PresenceUpdates(
    RoomOptions options, TimeProvider time, Func<int> count, Action<PresenceUpdate> publish, CancellationToken stopping)
{
    private readonly Dictionary<string, bool> _changes = [];
    private readonly Queue<PresenceUpdate> _recent = [];
    private TaskCompletionSource _changed = new();
    private bool _nameless;
    private int _publishedCount;

    /// <summary>The loop that publishes. Completed if the loop does not run.</summary>
    public Task Publishing { get; private set; } = Task.CompletedTask;

    /// <summary>The number of the last update; 0 for none.</summary>
    public long Version { get; private set; }

    public void Changed(string user, bool here)
    {
        _nameless |= count() > options.NamedPresence;
        if (_nameless)
        {
            _changes.Clear();
        }
        else if (!_changes.Remove(user))
        {
            // A user's arrivals and departures alternate. So if a change of this user is already recorded, it is the
            // opposite of the new change, and both cancel out.
            _changes[user] = here;
        }

        Recount();
    }

    /// <summary>Starts or wakes the loop, because the number of users may have changed.</summary>
    public void Recount()
    {
        _changed.TrySetResult();
        if (Publishing.IsCompleted)
        {
            Publishing = PublishAsync();
        }
    }

    /// <summary>
    /// Returns the updates after the update with this number, ascending. If some of them are no longer kept, returns
    /// one update with only the number of users.
    /// </summary>
    public IEnumerable<PresenceUpdate> After(long number)
        => number >= Version ? []
            : _recent.Peek().Number > number + 1 ? [Resync()]
            : _recent.Where(update => update.Number > number);

    private async Task PublishAsync()
    {
        // Step 1: yield.
        await Task.Yield();
        do
        {
            _changed = new();
            while (!stopping.IsCancellationRequested && (_changes.Count > 0 || count() != _publishedCount))
            {
                // Step 2: publish.
                var nameless = _nameless;
                Publish();

                // Step 3: wait before the next update.
                await WaitAsync(Task.Delay(nameless ? RoomOptions.PresenceCountInterval : RoomOptions.PresenceInterval, time, stopping));
            }

            // Step 4: wait for a change.
            _nameless = false;
            await WaitAsync(_changed.Task.WaitAsync(RoomOptions.PresenceResync, time, stopping));
        }
        while (_changed.Task.IsCompleted && !stopping.IsCancellationRequested);

        // Step 5: publish the number of the last update once more.
        if (!stopping.IsCancellationRequested)
        {
            publish(Resync());
        }
    }

    private void Publish()
    {
        string[] came = [.. _changes.Where(change => change.Value).Select(change => change.Key)];
        string[] went = [.. _changes.Where(change => !change.Value).Select(change => change.Key)];
        _changes.Clear();
        _nameless = false;
        _publishedCount = count();
        var update = new PresenceUpdate(++Version, came, went, _publishedCount);
        _recent.Enqueue(update);
        if (_recent.Count > RoomOptions.PresenceUpdatesKept)
        {
            _recent.Dequeue();
        }

        publish(update);
    }

    private PresenceUpdate Resync() => new(Version, [], [], _publishedCount);

    private static async Task WaitAsync(Task waiting)
        => await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}

/// <summary>A presence update: the users that arrived and the users that left since the previous update.</summary>
/// <param name="Number">The number within the activation: 1, 2, 3 …, without gaps.</param>
/// <param name="Count">Number of users attached at that time.</param>
internal sealed record PresenceUpdate(long Number, string[] Arrived, string[] Departed, int Count);
