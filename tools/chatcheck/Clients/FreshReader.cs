namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// A new client that resumes a room with a cursor. From the cursor on, it has to receive the same events as a client
/// that was in the room all the time.
/// </summary>
/// <param name="user">The user of the client. In a group, the user must be a member.</param>
internal sealed class FreshReader(int user, int room, int from, int gateway, Gateways gateways, Recorder recorder, int seed)
    : Client(user, [room], gateway, gateways, recorder, seed, from)
{
    /// <inheritdoc/>
    protected override bool IsOnlyClient => false;
}
