namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Receives the position of each event that the writer takes from the connection send queue. Dropped events are not
/// reported.
/// </summary>
internal interface IReceipt
{
    /// <summary>
    /// Called in queue order, under the queue's lock. The method must do nothing but store the position.
    /// </summary>
    void Taken(long position);
}
