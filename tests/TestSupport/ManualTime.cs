using Microsoft.Extensions.Time.Testing;

namespace OrleansChat.TestSupport;

/// <summary>
/// A clock that stands still until a test advances it, and that counts the timers that wait for it. The clock starts at
/// a random date, so no code can depend on a certain date. The callbacks of timers run on the thread that calls <see
/// cref="FakeTimeProvider.Advance(TimeSpan)"/>.
/// </summary>
public sealed class ManualTime() : FakeTimeProvider(DateTimeOffset.UnixEpoch.AddSeconds(Random.Shared.NextInt64(1_000_000_000, 4_000_000_000)))
{
    private readonly Lock _lock = new();
    private readonly HashSet<CountedTimer> _armed = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether any timer waits for this clock.</summary>
    public bool IsArmed
    {
        get
        {
            lock (_lock)
            {
                return _armed.Count > 0;
            }
        }
    }

    /// <summary>
    /// Waits until <paramref name="timers"/> or more timers wait for this clock, so that a test can advance the clock
    /// without a race. Fails after 20 s.
    /// </summary>
    public async Task UntilArmedAsync(int timers = 1)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_armed.Count >= timers)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new CountedTimer(this, callback, state);
        timer.Start(dueTime, period);
        return timer;
    }

    private ITimer CreateInnerTimer(TimerCallback callback) => base.CreateTimer(callback, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    private void Count(CountedTimer timer, bool armed)
    {
        lock (_lock)
        {
            if (armed ? _armed.Add(timer) : _armed.Remove(timer))
            {
                _changed.TrySetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private sealed class CountedTimer : ITimer
    {
        private readonly ManualTime _time;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly ITimer _inner;
        private bool _repeats;

        public CountedTimer(ManualTime time, TimerCallback callback, object? state)
        {
            (_time, _callback, _state) = (time, callback, state);
            _inner = time.CreateInnerTimer(_ => Fire());
        }

        public void Start(TimeSpan dueTime, TimeSpan period) => Change(dueTime, period);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            // Count the timer before the call of _inner.Change: a timer that is due at once fires inside this call, and
            // Fire must find it counted.
            _repeats = period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero;
            _time.Count(this, armed: dueTime != Timeout.InfiniteTimeSpan);
            return _inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            _time.Count(this, armed: false);
            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (!_repeats)
            {
                _time.Count(this, armed: false);
            }

            _callback(_state);
        }
    }
}
