using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Limits on the commands and connections of one user on the whole cluster. Section <c>Budgets</c>. The limit of the
/// user's sends is in the section <c>Limits</c>.
/// </summary>
internal sealed class BudgetOptions
{
    public const string Section = "Budgets";

    /// <summary>
    /// Commands per second, except sends, that one user may issue on the whole cluster; 0 for no limit. If a user
    /// issues fewer commands, the user saves up the commands that are left, up to ten times this number. A page of
    /// history counts as one command, plus one command for each full 16 KiB and for each full 200 counted replies. A page
    /// of conversations, members, readers or reports counts as 11 commands. A page of conversations also counts as one
    /// more command for each full 200 events that the silo may have read to count what is unread, which are at most 1,000
    /// for each conversation. A change of personal settings, blocks or reports counts as 5 commands. The gateway refuses a
    /// command above the limit as <c>rate_limited</c>.
    /// </summary>
    [Range(0, 1_000_000)] public int CommandsPerSecond { get; set; } = 100;

    /// <summary>
    /// Connections per second that one user may open on the whole cluster; 0 for no limit. If a user opens fewer
    /// connections, the user saves up the connections that are left, up to 30 times this number. The gateway closes a
    /// connection above the limit with 4005.
    /// </summary>
    [Range(0, 1_000_000)] public int ConnectsPerSecond { get; set; } = 2;

    /// <summary>Maximum number of commands that a user can save up; see <see cref="CommandsPerSecond"/>.</summary>
    internal int CommandBurst { get => field > 0 ? field : 10 * Math.Max(1, CommandsPerSecond); set; }

    /// <summary>
    /// Maximum number of connections that a user can save up; see <see cref="ConnectsPerSecond"/>.
    /// </summary>
    internal int ConnectBurst { get => field > 0 ? field : 30 * Math.Max(1, ConnectsPerSecond); set; }

    /// <summary>
    /// Rooms per second that one user may resume with <c>hello</c> on the whole cluster; 0 for no limit. If a user
    /// resumes fewer rooms, the user saves up the rooms that are left, up to <c>Limits:ConnectionsPerUser</c> times
    /// <c>Limits:RoomsPerConnection</c>. The gateway refuses a room above the limit as <c>rate_limited</c>.
    /// </summary>
    internal int CursorsPerSecond { get; set; } = 50;
}
