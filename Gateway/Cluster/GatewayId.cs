namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The id of this process in the cluster. It is new for every start and never reused, so nothing that was stored about
/// an earlier process applies to this one.
/// </summary>
internal sealed class GatewayId
{
    /// <summary>The machine's name and a random GUID.</summary>
    public string Id { get; } = $"{Environment.MachineName.ToLowerInvariant()}-{Guid.NewGuid():N}";
}
