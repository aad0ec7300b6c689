using System.Diagnostics;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The units of a user's budgets that this gateway leases from the user's grain, in blocks. As long as a leased block
/// has units, taking a unit makes no call. This class requests the next block before the current block is used up. Only
/// one call to the grain runs at a time. The call requests units for every budget that needs units. Thread-safe.
/// </summary>
/// <remarks>
/// If the grain cannot be reached, the user may spend one block of each budget per second without a lease. So an
/// unreachable grain neither blocks the user nor removes the limit.
/// </remarks>
internal sealed class UserBudgets
{
    /// <summary>
    /// How long to wait for a lease before the grain counts as unreachable. While the grain is unreachable, this is
    /// also the minimum time between two attempts to reach it.
    /// </summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Func<BudgetAsk[], Task<BudgetGrant[]>> _lease;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly BudgetLease[] _leases;
    private bool _asking;
    private bool _isAway;
    private long _tried;

    /// <param name="terms">
    /// The budgets. A budget without a limit is never leased, and taking a unit from it always succeeds.
    /// </param>
    /// <param name="lease">Requests leases from the user's grain.</param>
    public UserBudgets(IReadOnlyList<BudgetTerms> terms, Func<BudgetAsk[], Task<BudgetGrant[]>> lease, TimeProvider time)
    {
        (_lease, _time) = (lease, time);
        _leases = [.. terms.Where(term => term.PerSecond > 0).Select(term => new BudgetLease(term, time))];
    }

    /// <summary>Takes one unit.</summary>
    /// <param name="asking">
    /// The task of the calls to the grain if this method started them, else a completed task. The caller must await the
    /// task or pass it to an owner.
    /// </param>
    /// <returns>0 if a unit was taken; else the milliseconds after which to try again.</returns>
    public ValueTask<int> TakeAsync(BudgetKind kind, out Task asking)
    {
        asking = Task.CompletedTask;
        bool begins;
        ValueTask<int> wait;
        lock (_gate)
        {
            if (Find(kind) is not { } lease)
            {
                return ValueTask.FromResult(0);
            }

            var now = _time.GetTimestamp();
            if (lease.TryTake(now))
            {
                wait = ValueTask.FromResult(0);
            }
            else if (_isAway)
            {
                wait = ValueTask.FromResult(lease.TakeWithoutLease(now));
                lease.WantsAhead |= _time.GetElapsedTime(_tried, now) >= Patience;
            }
            else if (lease.RefusesFor(now) is > 0 and var refused)
            {
                wait = ValueTask.FromResult(refused);
            }
            else
            {
                wait = new(lease.WaitAsync());
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
    /// Takes units for work that is already done, even if too few units are available. The next granted units pay for
    /// the missing units.
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
    /// Returns the requests for the call that opens the user's first session on this gateway. This class makes no other
    /// call to the grain before <see cref="OpenedAsync"/>.
    /// </summary>
    public BudgetAsk[] Opening()
    {
        lock (_gate)
        {
            _asking = true;
            return Array.ConvertAll(_leases, lease => lease.Ask());
        }
    }

    /// <summary>
    /// Applies the grants for the requests of <see cref="Opening"/>; <paramref name="grants"/> is null if the call
    /// failed. If a budget needs more units now, requests them and returns the task of these calls; otherwise returns a
    /// completed task.
    /// </summary>
    /// <param name="sent">Timestamp taken before the call.</param>
    public Task OpenedAsync(BudgetGrant[]? grants, long sent)
    {
        bool begins;
        lock (_gate)
        {
            _asking = false;
            if (grants is not null)
            {
                Apply(_leases, grants, sent);
            }

            begins = Begins();
        }

        return begins ? AskAsync() : Task.CompletedTask;
    }

    /// <summary>
    /// Gives up all leased units. Returns the requests that give these units back to the grain. The caller sends the
    /// requests in the call that closes the user's last session on this gateway.
    /// </summary>
    public BudgetAsk[] Return()
    {
        lock (_gate)
        {
            return Array.ConvertAll(_leases, lease => lease.Return());
        }
    }

    private BudgetLease? Find(BudgetKind kind) => Array.Find(_leases, lease => lease.Terms.Kind == kind);

    /// <summary>Returns true if the caller must start <see cref="AskAsync"/> now.</summary>
    private bool Begins()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        if (_asking || !Array.Exists(_leases, lease => lease.NeedsLease))
        {
            return false;
        }

        return _asking = true;
    }

    private async Task AskAsync()
    {
        while (Next(out var asks) is { Length: > 0 } leases)
        {
            var sent = _time.GetTimestamp();
            try
            {
                var call = _lease(asks);

                // An answer or an error that arrives after the timeout is ignored. The units of such an answer are
                // lost.
                _ = call.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                var grants = await call.WaitAsync(Patience, _time);
                lock (_gate)
                {
                    _isAway = false;
                    Apply(leases, grants, sent);
                }
            }
            catch (Exception)
            {
                lock (_gate)
                {
                    _isAway = true;
                    _tried = _time.GetTimestamp();
                    foreach (var lease in _leases)
                    {
                        lease.Away(_tried);
                    }
                }
            }
        }
    }

    private BudgetLease[] Next(out BudgetAsk[] asks)
    {
        lock (_gate)
        {
            var leases = Array.FindAll(_leases, lease => lease.NeedsLease);
            asks = Array.ConvertAll(leases, lease => lease.Ask());
            _asking = leases.Length > 0;
            return leases;
        }
    }

    private void Apply(BudgetLease[] leases, BudgetGrant[] grants, long sent)
    {
        var now = _time.GetTimestamp();
        for (var i = 0; i < leases.Length; i++)
        {
            leases[i].Apply(grants[i], sent, now);
        }
    }
}
