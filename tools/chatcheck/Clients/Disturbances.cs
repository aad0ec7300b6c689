using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>When which part was not itself: what the nemesis does, and what it entails.</summary>
internal sealed class Disturbances(Clock clock)
{
    // How long after the last disturbance times count as undisturbed again.
    private static readonly long After = Clock.Of(TimeSpan.FromSeconds(5));

    private readonly Lock _lock = new();
    private readonly List<Disturbance> _all = [];
    private int _open;
    private long _lastEnd = -After;

    /// <summary>When the last one ended; <see cref="long.MaxValue"/> while there is one.</summary>
    public long LastEnd
    {
        get
        {
            lock (_lock)
            {
                return _open > 0 ? long.MaxValue : Math.Max(_lastEnd, 0);
            }
        }
    }

    /// <summary>Begins one; the answer ends it.</summary>
    public IDisposable Begin(string what, int? gateway) => new Open(this, what, gateway, clock.Now);

    /// <summary>Whether nothing was disturbed since a time, nor for some seconds before it.</summary>
    public bool CalmSince(long from)
    {
        lock (_lock)
        {
            return _open == 0 && _lastEnd + After <= from;
        }
    }

    /// <summary>All of them; those that have not ended end with the run.</summary>
    public IReadOnlyList<Disturbance> ToList()
    {
        lock (_lock)
        {
            return [.. _all];
        }
    }

    private sealed class Open : IDisposable
    {
        private readonly Disturbances _owner;
        private readonly int _at;

        public Open(Disturbances owner, string what, int? gateway, long now)
        {
            _owner = owner;
            lock (owner._lock)
            {
                owner._open++;
                _at = owner._all.Count;
                owner._all.Add(new(what, gateway, now, long.MaxValue));
            }
        }

        public void Dispose()
        {
            lock (_owner._lock)
            {
                if (_owner._all[_at].To == long.MaxValue)
                {
                    _owner._open--;
                    _owner._lastEnd = _owner.ClockNow;
                    _owner._all[_at] = _owner._all[_at] with { To = _owner._lastEnd };
                }
            }
        }
    }

    private long ClockNow => clock.Now;
}
