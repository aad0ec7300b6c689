namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The id of this process in the cluster. Each start creates a new id, and ids are never reused. So stored data about
/// an earlier process never applies to this process.
/// </summary>
internal sealed class GatewayId
{
    /// <summary>The machine's name and a random GUID.</summary>
    public string Id { get; } = $"{Environment.MachineName.ToLowerInvariant()}-{Guid.NewGuid():N}";
}
