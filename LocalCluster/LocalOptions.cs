namespace OrleansChat.LocalCluster;

/// <summary>Where rooms and their messages are stored.</summary>
internal enum Store
{
    /// <summary>A SQLite file in <see cref="LocalOptions.Data"/>. Allows only one silo.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database. Allows several silos.</summary>
    Postgres,

    /// <summary>The silo's memory. Allows only one silo. The messages are lost when the silo stops.</summary>
    Memory,
}

/// <summary>How the gateways identify users.</summary>
internal enum LocalIdentity
{
    /// <summary>A user's URL contains <c>?user=alice</c>, without any proof.</summary>
    Development,

    /// <summary>Each user has a token that <see cref="DevelopmentTokens"/> issues for this run.</summary>
    Tokens,
}

/// <summary>The options of the command line.</summary>
/// <param name="Connection">Connection string of PostgreSQL; null with other stores.</param>
/// <param name="Data">The directory for SQLite, as a full path.</param>
/// <param name="Port">The first gateway's port; the others take the next ports.</param>
/// <param name="Limits">True for the default limits per user and connection; false for much higher limits.</param>
/// <param name="Restart">Whether a child that dies is restarted.</param>
/// <param name="Users">The users to issue tokens for; empty with development identity.</param>
internal sealed record LocalOptions(
    int Silos, int Gateways, Store Store, string? Connection, string Data, int Port, bool Limits, bool Restart, LocalIdentity Identity, IReadOnlyList<string> Users)
{
    /// <summary>How long a process may take to become ready.</summary>
    public TimeSpan ReadyWithin { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>
    /// Time in which all gateways must stop. Then all silos must stop in another period of the same length. A process
    /// that still runs after its period is killed.
    /// </summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// The silos' programs: silo-1 runs the first program, silo-2 runs the second. If there are more silos than
    /// programs, the list starts again from the first. If the list is empty, all silos run the program of the project
    /// <c>Silo</c> in this source tree.
    /// </summary>
    public IReadOnlyList<string> SiloPrograms { get; init; } = [];

    /// <summary>
    /// The gateways' programs: gateway-1 runs the first program, gateway-2 runs the second. If there are more gateways
    /// than programs, the list starts again from the first. If the list is empty, all gateways run the program of the
    /// project <c>Gateway</c> in this source tree.
    /// </summary>
    public IReadOnlyList<string> GatewayPrograms { get; init; } = [];

    /// <summary>
    /// Further settings of the children. They override the settings in <see cref="ProcessPlan.Settings"/> that this
    /// program chooses. <c>Child</c> is the name of one child (<c>silo-2</c>), a kind of children (<c>silo</c> or
    /// <c>gateway</c>), or null for all children.
    /// </summary>
    public IReadOnlyList<(string? Child, string Path, string Value)> Settings { get; init; } = [];
}
