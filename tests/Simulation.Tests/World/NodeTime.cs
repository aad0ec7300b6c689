namespace OrleansChat.Simulation.Tests.World;

/// <summary>
/// A node's clock. Its UTC time differs from the simulated time by a constant error. Its timers fire on the node.
/// </summary>
internal sealed class NodeTime(Scheduler scheduler, Node node, TimeSpan wrong) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2031, 5, 17, 3, 21, 9, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => scheduler.Now + TimeSpan.TicksPerHour;

    public override DateTimeOffset GetUtcNow() => Start + wrong + TimeSpan.FromTicks(scheduler.Now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(scheduler, node, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(Scheduler scheduler, Node node, TimerCallback callback, object? state) : ITimer
    {
        private int _version;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            var version = ++_version;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                scheduler.After(dueTime, () => Due(version));
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Due(int version)
        {
            if (version != _version || !node.Alive)
            {
                return;
            }

            node.Start(() =>
            {
                if (version == _version)
                {
                    callback(state);
                }
            });
            if (_period > TimeSpan.Zero)
            {
                // The next period starts now, even if the node has not handled this tick yet.
                scheduler.After(_period, () => Due(version));
            }
        }
    }
}
