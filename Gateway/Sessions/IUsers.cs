using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The users' grains, as a session uses them.</summary>
internal interface IUsers
{
    /// <summary>Registers a session with the user's grain.</summary>
    /// <param name="cursors">Number of rooms that the session will resume.</param>
    Task<Opening> ConnectAsync(Session session, string? device, int cursors);

    /// <summary>Removes a session from the user's grain, in the background.</summary>
    void Disconnect(Session session);

    /// <summary>Takes one unit of a budget that the user has across all gateways.</summary>
    /// <returns>0 if there was a unit; else the milliseconds after which to try again.</returns>
    ValueTask<int> TakeAsync(string user, BudgetKind kind);

    /// <summary>
    /// Takes units of a budget for work that is already done. Missing units are taken from the next ones.
    /// </summary>
    void Charge(string user, BudgetKind kind, int units);
}

/// <summary>The user's grain's answer to a new session.</summary>
/// <param name="RetryMs">
/// Milliseconds after which to try again. If the session was refused as too often: to connect. If it was admitted: to
/// resume the other rooms.
/// </param>
/// <param name="Cursors">Number of rooms that may be resumed now.</param>
internal readonly record struct Opening(Admission Admission, int RetryMs, int Cursors);
