using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Users;

/// <summary>
/// One budget of a user: a token bucket that leases units to gateways. Units are debited when they are leased. With its
/// next call, a gateway returns the units that it did not spend. Units that it does not return in time are lost, and
/// the bucket earns new units instead.
/// </summary>
/// <remarks>
/// <para>
/// The units in the bucket, plus the units that gateways may still spend or return, are at most <c>burst + 0.9 ×
/// perSecond</c>. So in any 10 s all gateways together spend at most <c>burst + 10.9 × perSecond + 1</c>. If <c>burst +
/// perSecond</c> is at least 10, this is at most 1.1 times <c>burst + 10 × perSecond</c>.
/// </para>
/// <para>
/// While the bucket has units, a gateway gets the units it wants, and a block in advance. When the bucket is empty, the
/// gateways queue: each one gets units that it may spend only after the bucket has earned them. A gateway has at most
/// one place in the queue. So gateways take turns, no matter how many requests they send.
/// </para>
/// </remarks>
/// <param name="valid">How long a gateway may spend leased units.</param>
/// <param name="startsFull">Whether the budget starts with a full burst; otherwise it starts with one block.</param>
internal sealed class LeasedBudget(TimeProvider time, TimeSpan valid, bool startsFull)
{
    /// <summary>The units of one second are shared among the gateways that asked within this time.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A gateway that spent all its units and asks again within this time is under sustained load. Such a gateway gets
    /// more units than it wants now.
    /// </summary>
    private static readonly TimeSpan Sustained = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a gateway may still return units after <c>valid</c> has passed. By then, the gateway no longer spends
    /// the units: it measures <c>valid</c> from the moment before it sends the request.
    /// </summary>
    private static readonly TimeSpan ReturnTime = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Holding> _holdings = [];
    private bool _begun;

    /// <summary>Units in the bucket. Negative while gateways have places in the queue.</summary>
    private long _left;

    /// <summary>The timestamp up to which elapsed time was converted to units.</summary>
    private long _since;

    /// <summary>Takes back a gateway's returned units, and leases it new ones.</summary>
    public BudgetGrant Lease(string gateway, BudgetAsk ask)
    {
        if (ask.PerSecond <= 0)
        {
            return new(ask.Wanted, 0, 0, 0, (int)valid.TotalMilliseconds, false);
        }

        var now = time.GetTimestamp();
        Forget(now);
        var had = _holdings.GetValueOrDefault(gateway);
        var held = Math.Clamp(ask.Held, 0, had.Units);
        var returned = Math.Clamp(ask.Returned, 0, had.Units - held);
        var isSustained = had.Units > 0 && returned == 0 && now - had.From <= Ticks(Sustained);
        _holdings[gateway] = new(held, now, now);
        Refill(now, ask.PerSecond, ask.Burst, returned);

        var askers = _holdings.Values.Count(holding => now - holding.Asked < Ticks(Recent) || holding.From > now);
        var block = Budget.Block(ask.PerSecond);
        var wanted = Math.Max(0, ask.Wanted);
        var granted = Take(Math.Min(wanted, _left));
        var (ahead, later, laterMs) = (0, 0, 0);
        if (ask.Ahead && granted == wanted)
        {
            ahead = Take(Math.Min(block - held, _left / askers));
        }

        if (ask.Ahead && (granted < wanted || (wanted == 0 && ahead == 0 && held < block && isSustained)))
        {
            var share = Math.Clamp(ask.PerSecond / askers, 1, block);
            later = isSustained ? share : Math.Min(wanted - granted, share);
            _left -= later;
            laterMs = MillisecondsToEarn(-_left, now, ask.PerSecond);
        }

        var units = held + granted + ahead + later;
        if (ask.Ahead && units > 0)
        {
            _holdings[gateway] = new(units, now, now + Ticks(TimeSpan.FromMilliseconds(laterMs)));
        }
        else if (!ask.Ahead)
        {
            _holdings.Remove(gateway);
        }

        var retryMs = _left > 0 ? 0 : MillisecondsToEarn(1 - _left, now, ask.PerSecond);
        return new(granted + ahead, later, laterMs, retryMs, (int)valid.TotalMilliseconds, ahead > 0 || isSustained);
    }

    /// <summary>Takes units that the caller spends at once.</summary>
    public SendGrant Take(int wanted, int perSecond, int burst)
    {
        if (perSecond <= 0)
        {
            return new(wanted, 0);
        }

        var now = time.GetTimestamp();
        Forget(now);
        Refill(now, perSecond, burst, returned: 0);
        var granted = Take(Math.Min(wanted, _left));
        return new(granted, _left > 0 ? 0 : MillisecondsToEarn(1 - _left, now, perSecond));
    }

    private int Take(long units)
    {
        var taken = (int)Math.Max(0, units);
        _left -= taken;
        return taken;
    }

    private void Refill(long now, int perSecond, int burst, int returned)
    {
        burst = Math.Max(1, burst);
        if (!_begun)
        {
            (_begun, _since, _left) = (true, now, startsFull ? burst : Math.Min(burst, Budget.Block(perSecond)));
        }

        var most = Math.Min(burst, burst + (perSecond * 9L / 10) - _holdings.Values.Sum(holding => (long)holding.Units));
        var earned = (long)Int128.Min((Int128)(now - _since) * perSecond / time.TimestampFrequency, int.MaxValue);
        _left += returned;
        if (_left + earned >= most)
        {
            (_left, _since) = (most, now);
        }
        else
        {
            // Only the time of whole units is consumed. The remaining time counts towards the next unit.
            _left += earned;
            _since += (long)((Int128)earned * time.TimestampFrequency / perSecond);
        }
    }

    /// <summary>Forgets gateways whose units can neither be spent nor returned any more.</summary>
    private void Forget(long now)
    {
        foreach (var (gateway, holding) in _holdings)
        {
            if (now - holding.From > Ticks(valid + ReturnTime))
            {
                _holdings.Remove(gateway);
            }
        }
    }

    private int MillisecondsToEarn(long units, long now, int perSecond)
    {
        // The timestamps are subtracted as integers: a double can represent their difference exactly, but not every
        // timestamp.
        var wait = ((double)units * time.TimestampFrequency / perSecond) - (now - _since);
        return (int)Math.Clamp(Math.Ceiling(wait * 1000 / time.TimestampFrequency), 1, int.MaxValue);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <param name="Units">Units that the gateway may still spend or return.</param>
    /// <param name="Asked">Timestamp of the gateway's last request.</param>
    /// <param name="From">Timestamp from which the gateway may spend the newest units.</param>
    private readonly record struct Holding(int Units, long Asked, long From);
}
