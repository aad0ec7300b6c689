using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The parts of a user's budgets that this gateway has leased from the user's grain, in blocks. Taking a unit from a
/// block makes no call. The next block is requested before the current one is used up. One call at a time requests all
/// kinds. Thread-safe.
/// </summary>
/// <remarks>
/// If the grain cannot be reached, one block of each kind may be spent per second without a lease. So an unreachable
/// grain neither blocks the user nor removes the limit.
/// </remarks>
internal sealed class UserBudgets
{
    /// <summary>
    /// How long to wait for a lease before the grain counts as unreachable. Also the time between attempts while it is
    /// unreachable.
    /// </summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Func<BudgetAsk[], Task<BudgetGrant[]>> _lease;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Line[] _lines;
    private bool _asking;
    private bool _isAway;
    private long _tried;

    /// <param name="terms">The budgets. Those without a limit are left out.</param>
    /// <param name="lease">Requests leases from the user's grain. Called by one caller at a time.</param>
    public UserBudgets(IReadOnlyList<BudgetTerms> terms, Func<BudgetAsk[], Task<BudgetGrant[]>> lease, TimeProvider time)
    {
        (_lease, _time) = (lease, time);
        _lines = [.. terms.Where(term => term.PerSecond > 0).Select(term => new Line(term, time))];
    }

    /// <summary>Takes one unit.</summary>
    /// <param name="asking">
    /// The loop of calls if this call started it, else a completed task. The caller must await it or pass it to an
    /// owner.
    /// </param>
    /// <returns>0 if there was a unit; else the milliseconds after which to try again.</returns>
    public ValueTask<int> TakeAsync(BudgetKind kind, out Task asking)
    {
        asking = Task.CompletedTask;
        bool begins;
        ValueTask<int> wait;
        lock (_gate)
        {
            if (Find(kind) is not { } line)
            {
                return ValueTask.FromResult(0);
            }

            var now = _time.GetTimestamp();
            if (line.TryTake(now))
            {
                wait = ValueTask.FromResult(0);
            }
            else if (_isAway)
            {
                wait = ValueTask.FromResult(line.TakeWithoutLease(now));
                line.WantsAhead |= _time.GetElapsedTime(_tried, now) >= Patience;
            }
            else if (line.RefusesFor(now) is > 0 and var refused)
            {
                wait = ValueTask.FromResult(refused);
            }
            else
            {
                wait = new(line.WaitAsync());
            }

            begins = Begins();
        }

        if (begins)
        {
            asking = AskAsync();
        }

        return wait;
    }

    /// <summary>
    /// Takes units for work that is already done, even if there are fewer. Missing units are taken from the next ones.
    /// </summary>
    /// <param name="asking">See <see cref="TakeAsync"/>.</param>
    public void Charge(BudgetKind kind, int units, out Task asking)
    {
        asking = Task.CompletedTask;
        bool begins;
        lock (_gate)
        {
            Find(kind)?.Charge(units, _time.GetTimestamp());
            begins = Begins();
        }

        if (begins)
        {
            asking = AskAsync();
        }
    }

    /// <summary>
    /// The asks for the call that opens the user's first session here. No other call is made until
    /// <see cref="OpenedAsync"/>.
    /// </summary>
    public BudgetAsk[] Opening()
    {
        lock (_gate)
        {
            _asking = true;
            return Array.ConvertAll(_lines, line => line.Ask());
        }
    }

    /// <summary>
    /// Applies the answer to <see cref="Opening"/>; null if the call failed. Returns the loop of calls for units that
    /// were wanted in the meantime.
    /// </summary>
    /// <param name="sent">The timestamp before the call.</param>
    public Task OpenedAsync(BudgetGrant[]? grants, long sent)
    {
        bool begins;
        lock (_gate)
        {
            _asking = false;
            if (grants is not null)
            {
                Apply(_lines, grants, sent);
            }

            begins = Begins();
        }

        return begins ? AskAsync() : Task.CompletedTask;
    }

    /// <summary>
    /// Gives up all leased units. The returned asks are for the call that closes the user's last session here.
    /// </summary>
    public BudgetAsk[] Return()
    {
        lock (_gate)
        {
            return Array.ConvertAll(_lines, line => line.Return());
        }
    }

    private Line? Find(BudgetKind kind) => Array.Find(_lines, line => line.Terms.Kind == kind);

    /// <summary>True if a loop of calls must be started now. Requires the lock.</summary>
    private bool Begins()
    {
        if (_asking || !Array.Exists(_lines, line => line.NeedsLease))
        {
            return false;
        }

        return _asking = true;
    }

    private async Task AskAsync()
    {
        while (Next(out var asks) is { Length: > 0 } lines)
        {
            var sent = _time.GetTimestamp();
            try
            {
                var call = _lease(asks);

                // An answer that arrives later is useless, because its units have expired.
                _ = call.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                var grants = await call.WaitAsync(Patience, _time);
                lock (_gate)
                {
                    _isAway = false;
                    Apply(lines, grants, sent);
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                lock (_gate)
                {
                    _isAway = true;
                    _tried = _time.GetTimestamp();
                    foreach (var line in _lines)
                    {
                        line.Away(_tried);
                    }
                }
            }
        }
    }

    private Line[] Next(out BudgetAsk[] asks)
    {
        lock (_gate)
        {
            var lines = Array.FindAll(_lines, line => line.NeedsLease);
            asks = Array.ConvertAll(lines, line => line.Ask());
            _asking = lines.Length > 0;
            return lines;
        }
    }

    private void Apply(Line[] lines, BudgetGrant[] grants, long sent)
    {
        var now = _time.GetTimestamp();
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i].Apply(grants[i], sent, now);
        }
    }

    /// <summary>The budget of one kind. All members require the lock.</summary>
    private sealed class Line(BudgetTerms terms, TimeProvider time)
    {
        private readonly Queue<TaskCompletionSource<int>> _waiting = new();
        private readonly int _block = Budget.Block(terms.PerSecond);

        /// <summary>Units that may be spent until <see cref="_until"/>.</summary>
        private int _left;
        private long _until;

        /// <summary>Units that may be spent between <see cref="_laterFrom"/> and <see cref="_laterUntil"/>.</summary>
        private int _later;
        private long _laterFrom;
        private long _laterUntil;

        /// <summary>Units that were spent before they were leased. They are paid from the next units.</summary>
        private int _owed;

        /// <summary>Units that expired unspent. They are returned with the next call.</summary>
        private int _expired;

        /// <summary>Number of waiting callers whose units the call in flight requests.</summary>
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
        /// Milliseconds for which no unit is available, by the grain's last answer; 0 if the grain should be asked.
        /// </summary>
        public int RefusesFor(long now) => Milliseconds(now, _later > 0 ? _laterFrom : _refusesUntil);

        /// <summary>
        /// Takes a unit without a lease, while the grain cannot be reached. Returns 0, or the milliseconds until there
        /// is one.
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

            // Callers that began to wait during the call are answered from this grant too. If it has units for later,
            // nothing more is requested before those may be spent.
            while (_waiting.Count > 0 && (_left > 0 || RefusesFor(now) > 0))
            {
                _waiting.Dequeue().SetResult(_left > 0 ? 0 : RefusesFor(now));
                _left = Math.Max(0, _left - 1);
            }

            WantsAhead &= _later == 0;
        }

        /// <summary>The grain cannot be reached: answers the waiting callers without a lease.</summary>
        public void Away(long now)
        {
            _askedFor = 0;
            WantsAhead = false;
            while (_waiting.TryDequeue(out var taker))
            {
                taker.SetResult(TakeWithoutLease(now));
            }
        }

        /// <summary>Makes later units available when their time has come, and sets expired units aside.</summary>
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
}

/// <summary>The size of a user's budget, across all gateways.</summary>
/// <param name="PerSecond">Units earned per second; 0 for no limit.</param>
/// <param name="Burst">Maximum number of units that can be saved up.</param>
internal readonly record struct BudgetTerms(BudgetKind Kind, int PerSecond, int Burst);
