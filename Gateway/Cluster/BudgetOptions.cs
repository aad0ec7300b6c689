using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Cluster;

/// <summary>Limits on what one user may cause on the whole cluster, sends excluded. Section <c>Budgets</c>.</summary>
internal sealed class BudgetOptions
{
    public const string Section = "Budgets";

    /// <summary>
    /// Commands per second that one user may give on the whole cluster, sends excluded; 0 for no limit. A user can save
    /// up ten times as many. A page of history counts as one command per 16 KiB. A command above the limit is refused
    /// as <c>rate_limited</c>.
    /// </summary>
    [Range(0, 1_000_000)] public int CommandsPerSecond { get; set; } = 100;

    /// <summary>
    /// Connections per second that one user may open on the whole cluster; 0 for no limit. A user can save up 30 times
    /// as many. A connection above the limit is closed with 4005.
    /// </summary>
    [Range(0, 1_000_000)] public int ConnectsPerSecond { get; set; } = 2;

    /// <summary>Commands that a user can save up while below <see cref="CommandsPerSecond"/>.</summary>
    internal int CommandBurst { get => field > 0 ? field : 10 * Math.Max(1, CommandsPerSecond); set; }

    /// <summary>Connections that a user can save up while below <see cref="ConnectsPerSecond"/>.</summary>
    internal int ConnectBurst { get => field > 0 ? field : 30 * Math.Max(1, ConnectsPerSecond); set; }

    /// <summary>
    /// Rooms per second that one user may resume with <c>hello</c> on the whole cluster; 0 for no limit. A user can
    /// save up <c>Limits:ConnectionsPerUser</c> times <c>Limits:RoomsPerConnection</c> rooms. A room above the limit is
    /// refused as <c>rate_limited</c>.
    /// </summary>
    internal int CursorsPerSecond { get; set; } = 50;
}
