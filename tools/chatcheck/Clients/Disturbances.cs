using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// Records which part of the cluster is disturbed, and from when to when. A disturbance is a fault that
/// <see cref="Faults.Nemesis"/> injects, or a process that ended unexpectedly. Safe for concurrent use.
/// </summary>
internal sealed class Disturbances(Clock clock)
{
    // A measurement counts as undisturbed only if it began at least this long after the last disturbance.
    private static readonly long After = Clock.Of(TimeSpan.FromSeconds(5));

    private readonly Lock _lock = new();
    private readonly List<Disturbance> _all = [];
    private int _open;
    private long _lastEnd = -After;

    /// <summary>
    /// When the last disturbance ended; 0 if there was none; <see cref="long.MaxValue"/> while one lasts.
    /// </summary>
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

    /// <summary>Begins a disturbance, which ends when the result is disposed.</summary>
    /// <param name="gateway">
    /// The number of the disturbed gateway; -1 if only clients are disturbed; null for a silo or the database.
    /// </param>
    public IDisposable Begin(string what, int? gateway) => new Open(this, what, gateway, clock.Now);

    /// <summary>
    /// Returns true if nothing was disturbed in the time from 5 s before <paramref name="from"/> until now.
    /// </summary>
    public bool CalmSince(long from)
    {
        lock (_lock)
        {
            return _open == 0 && _lastEnd + After <= from;
        }
    }

    /// <summary>
    /// Returns all disturbances. The end of a disturbance that still lasts is <see cref="long.MaxValue"/>.
    /// </summary>
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
