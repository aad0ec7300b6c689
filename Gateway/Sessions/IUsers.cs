namespace OrleansChat.Gateway.Sessions;

/// <summary>What a session needs of its user.</summary>
internal interface IUsers
{
    /// <summary>Tells the user's grain of a session. False where the user has too many.</summary>
    Task<bool> ConnectAsync(Session session, string? device);

    /// <summary>The session is over.</summary>
    void Disconnect(Session session);

    /// <summary>Takes one send out of the user's allowance, shared by the whole cluster.</summary>
    /// <returns>Zero where it may go, else the milliseconds after which to try again.</returns>
    ValueTask<int> TakeSendAsync(string user);
}
