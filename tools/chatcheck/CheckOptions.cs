using OrleansChat.ChatCheck.Faults;
using OrleansChat.LocalCluster;

namespace OrleansChat.ChatCheck;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Urls">The gateways of a cluster that runs already; none to start one.</param>
/// <param name="Lasting">How long the load lasts.</param>
/// <param name="Rate">The most sends a second, over all writers.</param>
/// <param name="Every">The usual time from one fault to the next.</param>
/// <param name="Logs">Where the logs of the cluster's processes are kept; null to keep them only where something is wrong.</param>
/// <param name="TokenCommand">A program that prints a bearer token for the user it is given; null where users say who they are.</param>
internal sealed record CheckOptions(
    IReadOnlyList<Uri> Urls, TimeSpan Lasting, int Seed, int Rate, int Rooms, int Writers, int Readers, IReadOnlyList<FaultKind> Faults, TimeSpan Every,
    int Silos, int Gateways, Store Store, string? Logs, string? TokenCommand)
{
    /// <inheritdoc cref="LocalOptions.SiloPrograms"/>
    public IReadOnlyList<string> SiloPrograms { get; init; } = [];

    /// <inheritdoc cref="LocalOptions.GatewayPrograms"/>
    public IReadOnlyList<string> GatewayPrograms { get; init; } = [];

    /// <inheritdoc cref="LocalOptions.Settings"/>
    public IReadOnlyList<(string? Child, string Path, string Value)> Settings { get; init; } = [];

    /// <summary>How long after its ok an event may come, while nothing is disturbed.</summary>
    public TimeSpan Late { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Whether the end waits for the bound of presence and asks who is there.</summary>
    public bool Presence { get; init; } = true;

    /// <summary>How long after the last fault everybody may take to reach the head.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(60);
}
