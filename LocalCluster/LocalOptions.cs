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

/// <summary>What was asked for on the command line.</summary>
/// <param name="Connection">How to reach PostgreSQL; null with other stores.</param>
/// <param name="Data">The directory for SQLite, as a full path.</param>
/// <param name="Port">The first gateway's port; the others follow it.</param>
/// <param name="Limits">Whether users may send only so many messages a second.</param>
/// <param name="Restart">Whether what dies is started again.</param>
internal sealed record LocalOptions(
    int Silos, int Gateways, Store Store, string? Connection, string Data, int Port, bool Limits, bool Restart)
{
    /// <summary>How long a process may take to become healthy.</summary>
    public TimeSpan ReadyWithin { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long all gateways together, and then all silos together, may take to stop; what is left by then is killed.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(8);
}
