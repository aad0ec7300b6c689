namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// What a budget limits. Each user has one budget of each kind. The user's grain keeps the budgets, and each gateway
/// leases units from them before it spends the units.
/// </summary>
public enum BudgetKind
{
    /// <summary>Events sent to rooms. One unit per send.</summary>
    Sends = 0,

    /// <summary>
    /// All other commands. Most commands cost one unit. The docstring of the gateway's setting
    /// <c>Budgets:CommandsPerSecond</c> lists the commands that cost more.
    /// </summary>
    Commands = 1,

    /// <summary>Connections that the user opens. One unit per connection.</summary>
    Connects = 2,

    /// <summary>Rooms that a <c>hello</c> resumes. One unit per room.</summary>
    Cursors = 3,
}

/// <summary>
/// A gateway's request for units of one budget. It also reports the earlier units that the gateway has not spent.
/// </summary>
/// <param name="PerSecond">Units that the budget gains per second; 0 for no limit.</param>
/// <param name="Burst">Maximum number of unused units in the budget, at least 1.</param>
/// <param name="Held">Units leased earlier that the gateway still holds and may spend.</param>
/// <param name="Returned">Units leased earlier that the gateway gives back unspent.</param>
/// <param name="Wanted">Units that the gateway needs now.</param>
/// <param name="Ahead">
/// Whether the gateway can keep units for later. If false, the grain leases at most <paramref name="Wanted"/> units.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.budget-ask")]
public readonly record struct BudgetAsk(
    [property: Id(0)] BudgetKind Kind, [property: Id(1)] int PerSecond, [property: Id(2)] int Burst, [property: Id(3)] int Held,
    [property: Id(4)] int Returned, [property: Id(5)] int Wanted, [property: Id(6)] bool Ahead);

/// <summary>The units that the user's grain leases to a gateway. They are already taken from the budget.</summary>
/// <param name="Granted">
/// Units that the gateway may spend immediately. They can be more than <see cref="BudgetAsk.Wanted"/>.
/// </param>
/// <param name="Later">
/// Units that the gateway may spend after <paramref name="LaterMs"/> milliseconds, because the budget is empty now.
/// </param>
/// <param name="LaterMs">Milliseconds before <paramref name="Later"/> may be spent.</param>
/// <param name="RetryMs">Milliseconds after which the budget has another unit; 0 if it has one now.</param>
/// <param name="ValidMs">
/// Milliseconds for which leased units may be spent. For <paramref name="Granted"/>, this time begins when the gateway
/// sends the request. For <paramref name="Later"/>, it begins at the end of <paramref name="LaterMs"/>.
/// </param>
/// <param name="AskAhead">Whether the gateway should send the next request before it has spent all its units.</param>
[GenerateSerializer, Immutable, Alias("chat.budget-grant")]
public readonly record struct BudgetGrant(
    [property: Id(0)] int Granted, [property: Id(1)] int Later, [property: Id(2)] int LaterMs, [property: Id(3)] int RetryMs,
    [property: Id(4)] int ValidMs, [property: Id(5)] bool AskAhead);

/// <summary>The answer to a new session: whether it may begin, and the units leased to its gateway.</summary>
/// <param name="RetryMs">
/// Milliseconds that the client must wait before the next attempt, if the user connects too often; otherwise 0.
/// </param>
/// <param name="Grants">One grant for each request, in order; empty if the session was not admitted.</param>
[GenerateSerializer, Immutable, Alias("chat.opened")]
public sealed record Opened([property: Id(0)] Admission Admission, [property: Id(1)] int RetryMs, [property: Id(2)] BudgetGrant[] Grants);

/// <summary>Computes the size of a block: the units that a gateway leases in advance.</summary>
public static class Budget
{
    /// <summary>Returns the size of a block in units: a fifth of <paramref name="perSecond"/>, at least 1.</summary>
    public static int Block(int perSecond) => Math.Max(1, perSecond / 5);
}
