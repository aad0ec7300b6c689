namespace OrleansChat.LocalCluster;

/// <summary>Where rooms and their messages are kept.</summary>
internal enum Store
{
    /// <summary>A file in <see cref="LocalOptions.Data"/>; one silo.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database; any number of silos.</summary>
    Postgres,

    /// <summary>Nowhere: gone when the silo stops; one silo.</summary>
    Memory,
}

/// <summary>How the gateways know who somebody is.</summary>
internal enum LocalIdentity
{
    /// <summary>By what they say: <c>?user=alice</c>.</summary>
    Development,

    /// <summary>By a token of this run's own.</summary>
    Tokens,
}

/// <summary>What was asked for on the command line.</summary>
/// <param name="Connection">How to reach PostgreSQL; null with other stores.</param>
/// <param name="Data">The directory for SQLite, as a full path.</param>
/// <param name="Port">The first gateway's port; the others follow it.</param>
/// <param name="Limits">Whether users may send only so many messages a second.</param>
/// <param name="Restart">Whether what dies is started again.</param>
/// <param name="Users">For whom tokens are made; nobody in development.</param>
internal sealed record LocalOptions(
    int Silos, int Gateways, Store Store, string? Connection, string Data, int Port, bool Limits, bool Restart, LocalIdentity Identity, IReadOnlyList<string> Users)
{
    /// <summary>How long a process may take to become healthy.</summary>
    public TimeSpan ReadyWithin { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long all gateways together, and then all silos together, may take to stop; what is left by then is killed.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Programs to run as silos, in turn; none for the one that was built beside this.</summary>
    public IReadOnlyList<string> SiloPrograms { get; init; } = [];

    /// <summary>Programs to run as gateways, in turn; none for the one that was built beside this.</summary>
    public IReadOnlyList<string> GatewayPrograms { get; init; } = [];

    /// <summary>Configuration beyond what this program sets: by child (<c>silo-2</c>), kind (<c>silo</c>, <c>gateway</c>) or, where that is null, for all.</summary>
    public IReadOnlyList<(string? Child, string Path, string Value)> Settings { get; init; } = [];
}
