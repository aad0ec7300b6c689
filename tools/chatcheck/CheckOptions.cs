using OrleansChat.ChatCheck.Faults;
using OrleansChat.LocalCluster;

namespace OrleansChat.ChatCheck;

/// <summary>The options of the command line.</summary>
/// <param name="Urls">The gateways of a running cluster; empty to start a cluster for the run.</param>
/// <param name="Lasting">How long the load lasts.</param>
/// <param name="Rate">Maximum sends per second, all writers together.</param>
/// <param name="Every">The typical time from one fault to the next.</param>
/// <param name="Logs">Directory for the logs of the cluster's processes; null to keep the logs only if a check
/// fails.</param>
/// <param name="TokenCommand">A program that gets a user name as its argument and prints a bearer token for this user;
/// null to identify users by <c>?user=</c>.</param>
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

    /// <summary>
    /// Maximum time from the ok of a message to its delivery while no fault disturbs the cluster; null to skip this
    /// check.
    /// </summary>
    public TimeSpan? Late { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Whether the run checks presence: readers ask who is in their rooms, during the load and after it, and the run
    /// checks the answers.
    /// </summary>
    public bool Presence { get; init; } = true;

    /// <summary>
    /// How often per second each writer and each reader asks for its list of conversations; 0 to ask for no list.
    /// </summary>
    public int Lists { get; init; } = 5;

    /// <summary>
    /// The number of channels, in addition to <see cref="Rooms"/>, that each writer and each reader follows.
    /// </summary>
    public int Followed { get; init; } = 40;

    /// <summary>
    /// Maximum time for each wait after the load, such as the wait until all clients have reached the head of their
    /// rooms.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(60);
}
