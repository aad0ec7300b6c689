namespace OrleansChat.Gateway.Connections;

/// <summary>Told when what was posted leaves the queue for the wire. A dropped post is never told.</summary>
internal interface IReceipt
{
    /// <summary>Called in order, under the outbox's lock: note the position and return.</summary>
    void Taken(long position);
}
