namespace OrleansChat.ChatCheck.Clients;

/// <summary>Comes for the first time, with a cursor: gets what a reader gets that was there all the time.</summary>
internal sealed class FreshReader(string kind, int room, int from, int gateway, Gateways gateways, Recorder recorder, int seed)
    : Client(kind, [room], gateway, gateways, recorder, seed, from);
