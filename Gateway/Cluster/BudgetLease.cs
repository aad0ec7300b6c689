using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The units that this gateway has leased from one budget of a user. Guarded by the lock of <see cref="UserBudgets"/>.
/// </summary>
internal sealed class BudgetLease(BudgetTerms terms, TimeProvider time)
{
    private readonly Queue<TaskCompletionSource<int>> _waiting = new();
    private readonly int _block = Budget.Block(terms.PerSecond);

    /// <summary>Units that the gateway may spend until <see cref="_until"/>.</summary>
    private int _left;
    private long _until;

    /// <summary>
    /// Units that the gateway may spend from <see cref="_laterFrom"/> until <see cref="_laterUntil"/>.
    /// </summary>
    private int _later;
    private long _laterFrom;
    private long _laterUntil;

    /// <summary>
    /// Units that are spent but not leased yet. The gateway deducts them from the next units that it leases.
    /// </summary>
    private int _owed;

    /// <summary>Units that expired before they were spent. The next call returns them to the grain.</summary>
    private int _expired;

    /// <summary>
    /// Number of callers that were waiting when the current call to the grain began. The call requests one unit for
    /// each of them.
    /// </summary>
    private int _askedFor;
    private bool _asksAhead;
    private long _refusesUntil;
    private long _withoutLeaseFrom;
    private int _withoutLease;

    public BudgetTerms Terms => terms;

    public bool WantsAhead { get; set; }

    public bool NeedsLease => _waiting.Count > 0 || WantsAhead;

    public bool TryTake(long now)
    {
        Mature(now);
        if (_left == 0)
        {
            return false;
        }

        _left--;
        AskAheadIfLow();
        return true;
    }

    public Task<int> WaitAsync()
    {
        var taker = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(taker);
        return taker.Task;
    }

    public void Charge(int units, long now)
    {
        Mature(now);
        var paid = Math.Min(units, _left);
        _left -= paid;
        _owed = Math.Min(_owed + units - paid, terms.Burst);
        WantsAhead |= _owed > 0 && _later == 0 && now >= _refusesUntil;
        AskAheadIfLow();
    }

    /// <summary>
    /// Milliseconds until a unit is available, according to the grain's last answer; 0 if the gateway must call the
    /// grain to find out.
    /// </summary>
    public int RefusesFor(long now) => Milliseconds(now, _later > 0 ? _laterFrom : _refusesUntil);

    /// <summary>
    /// Takes a unit without a lease, because the grain cannot be reached. Returns 0 if a unit was taken; otherwise the
    /// milliseconds until the next unit.
    /// </summary>
    public int TakeWithoutLease(long now)
    {
        if (time.GetElapsedTime(_withoutLeaseFrom, now) >= TimeSpan.FromSeconds(1) || _withoutLeaseFrom == 0)
        {
            (_withoutLeaseFrom, _withoutLease) = (now, _block);
        }

        if (_withoutLease == 0)
        {
            return Math.Max(1, Milliseconds(now, _withoutLeaseFrom + time.TimestampFrequency));
        }

        _withoutLease--;
        return 0;
    }

    public BudgetAsk Ask()
    {
        Mature(time.GetTimestamp());
        WantsAhead = false;
        _askedFor = _waiting.Count;
        var ask = new BudgetAsk(terms.Kind, terms.PerSecond, terms.Burst, _left + _later, _expired, _askedFor + _owed, Ahead: true);
        _expired = 0;
        return ask;
    }

    public BudgetAsk Return()
    {
        var ask = new BudgetAsk(terms.Kind, terms.PerSecond, terms.Burst, 0, _left + _later + _expired, 0, Ahead: false);
        (_left, _later, _expired) = (0, 0, 0);
        return ask;
    }

    public void Apply(BudgetGrant grant, long sent, long now)
    {
        var valid = (long)(grant.ValidMs * time.TimestampFrequency / 1000.0);
        var units = grant.Granted;
        Pay(ref units);
        var retry = grant.Later > 0 ? grant.LaterMs : grant.RetryMs;
        for (; _askedFor > 0; _askedFor--)
        {
            _waiting.Dequeue().SetResult(units > 0 ? 0 : Math.Max(1, retry));
            units = Math.Max(0, units - 1);
        }

        if (sent + valid > now)
        {
            _left += units;
            _until = Math.Max(_until, sent + valid);
        }
        else
        {
            _expired += units;
        }

        if (grant.Later > 0)
        {
            var later = (long)(grant.LaterMs * time.TimestampFrequency / 1000.0);
            (_later, _laterFrom, _laterUntil) = (grant.Later, now + later, sent + later + valid);
        }

        _refusesUntil = _left > 0 ? now : now + (long)(grant.RetryMs * time.TimestampFrequency / 1000.0);
        _asksAhead = grant.AskAhead;

        // Also answer the callers that began to wait during the call. As long as units remain, each caller gets a unit.
        // If no unit remains and this grant says how long to wait, each remaining caller gets this time. Otherwise the
        // remaining callers continue to wait.
        while (_waiting.Count > 0 && (_left > 0 || RefusesFor(now) > 0))
        {
            _waiting.Dequeue().SetResult(_left > 0 ? 0 : RefusesFor(now));
            _left = Math.Max(0, _left - 1);
        }

        // If the grant has units that may be spent only later, do not request more units before then.
        WantsAhead &= _later == 0;
    }

    /// <summary>
    /// Called when the grain cannot be reached. Gives each waiting caller a unit without a lease, or the time to wait.
    /// </summary>
    public void Away(long now)
    {
        _askedFor = 0;
        WantsAhead = false;
        while (_waiting.TryDequeue(out var taker))
        {
            taker.SetResult(TakeWithoutLease(now));
        }
    }

    /// <summary>
    /// Moves the units of <see cref="_later"/> to <see cref="_left"/> if they may be spent now. Moves expired units to
    /// <see cref="_expired"/>.
    /// </summary>
    private void Mature(long now)
    {
        if (_left > 0 && now >= _until)
        {
            _expired += _left;
            _left = 0;
        }

        if (_later > 0 && now >= _laterFrom)
        {
            if (now < _laterUntil)
            {
                _until = _left > 0 ? Math.Max(_until, _laterUntil) : _laterUntil;
                _left += _later;
                Pay(ref _left);
            }
            else
            {
                _expired += _later;
            }

            _later = 0;
        }
    }

    private void Pay(ref int units)
    {
        var paid = Math.Min(_owed, units);
        _owed -= paid;
        units -= paid;
    }

    private void AskAheadIfLow() => WantsAhead |= _asksAhead && _later == 0 && _left <= _block / 2;

    private int Milliseconds(long now, long until) =>
        until <= now ? 0 : (int)Math.Max(1, Math.Ceiling((until - now) * 1000.0 / time.TimestampFrequency));
}
