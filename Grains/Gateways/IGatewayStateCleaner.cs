namespace OrleansChat.Grains.Gateways;

/// <summary>
/// Deletes the rows that the cluster's store has about gateways whose lease has ended. Gateway ids are never reused.
/// </summary>
public interface IGatewayStateCleaner
{
    /// <summary>Schedules the cleanup for a gateway whose lease has ended. Returns at once.</summary>
    void Ended(string gateway);
}
