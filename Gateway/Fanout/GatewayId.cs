namespace OrleansChat.Gateway.Fanout;

/// <summary>This process's name in the cluster: fresh for every start and never reused, so that nothing said of an earlier one applies.</summary>
internal sealed class GatewayId
{
    /// <summary>The machine's name and 128 random bits.</summary>
    public string Id { get; } = $"{Environment.MachineName.ToLowerInvariant()}-{Guid.NewGuid():N}";
}
