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

    /// <summary>
    /// Notifies the user's other sessions on all gateways that the settings of a conversation have changed, in the
    /// background. The notification may be lost.
    /// </summary>
    /// <param name="room">The room's key.</param>
    void ConversationChanged(Session session, string room);

    /// <summary>Takes one unit of a budget that the user has across all gateways.</summary>
    /// <returns>0 if a unit was taken; otherwise the milliseconds after which the caller may try again.</returns>
    ValueTask<int> TakeAsync(string user, BudgetKind kind);

    /// <summary>
    /// Takes units of a budget for work that is already done. If the budget has too few units, the missing units are
    /// taken from the units that the budget gets next.
    /// </summary>
    void Charge(string user, BudgetKind kind, int units);
}

/// <summary>The answer of the user's grain to a new session.</summary>
/// <param name="RetryMs">
/// Milliseconds to wait. If the session was refused because the user connected too often, the client must wait before
/// the next attempt. If the session was admitted, the client must wait before it resumes more than
/// <paramref name="Cursors"/> rooms.
/// </param>
/// <param name="Cursors">Number of rooms that may be resumed now.</param>
internal readonly record struct Opening(Admission Admission, int RetryMs, int Cursors);
