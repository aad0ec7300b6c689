namespace OrleansChat.Grains.Gateways;

/// <summary>
/// Deletes the rows of a gateway from the cluster's database after the gateway's lease has ended. No process needs
/// these rows any more, because gateway ids are never reused.
/// </summary>
public interface IGatewayStateCleaner
{
    /// <summary>Schedules the deletion for a gateway whose lease has ended. Returns at once.</summary>
    void Ended(string gateway);
}
