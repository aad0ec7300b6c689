namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// A new client that resumes a room with a cursor. From the cursor on, it has to receive the same events as a client
/// that was in the room all the time.
/// </summary>
internal sealed class FreshReader(string kind, int room, int from, int gateway, Gateways gateways, Recorder recorder, int seed)
    : Client(kind, [room], gateway, gateways, recorder, seed, from);
