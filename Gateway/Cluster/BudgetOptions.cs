using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Cluster;

/// <summary>Limits on what one user may cause on the whole cluster, sends excluded. Section <c>Budgets</c>.</summary>
internal sealed class BudgetOptions
{
    public const string Section = "Budgets";

    /// <summary>
    /// Commands per second that one user may give on the whole cluster, sends excluded; 0 for no limit. A page of
    /// history counts as one command per 16 KiB. A command above the limit is refused as <c>rate_limited</c>.
    /// </summary>
    [Range(0, 1_000_000)] public int CommandsPerSecond { get; set; } = 100;

    /// <summary>Commands that a user can save up while below <see cref="CommandsPerSecond"/>.</summary>
    [Range(1, 1_000_000)] public int CommandBurst { get; set; } = 1000;

    /// <summary>
    /// Connections per second that one user may open on the whole cluster; 0 for no limit. A connection above the limit
    /// is closed with 4005.
    /// </summary>
    [Range(0, 1_000_000)] public int ConnectsPerSecond { get; set; } = 2;

    /// <summary>Connections that a user can save up while below <see cref="ConnectsPerSecond"/>.</summary>
    [Range(1, 1_000_000)] public int ConnectBurst { get; set; } = 60;

    /// <summary>
    /// Rooms per second that one user may resume with <c>hello</c> on the whole cluster; 0 for no limit. A user can
    /// save up <c>Limits:ConnectionsPerUser</c> times <c>Limits:RoomsPerConnection</c> rooms. A room above the limit is
    /// refused as <c>rate_limited</c>.
    /// </summary>
    [Range(0, 1_000_000)] public int CursorsPerSecond { get; set; } = 50;
}
