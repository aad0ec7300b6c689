using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Grains.Log;

/// <summary>Where the message log is kept, and its bounds. Bound from configuration section <c>Log</c>, checked at start.</summary>
public sealed class MessageLogOptions
{
    /// <summary>The configuration section these come from; error messages name settings under it.</summary>
    public const string Section = "Log";

    /// <summary>What keeps the log.</summary>
    public LogStore Store { get; set; } = LogStore.Sqlite;

    /// <summary>The database file of <see cref="LogStore.Sqlite"/>; it and its directory are made where they are missing.</summary>
    public string Path { get; set; } = "./data/chat.db";

    /// <summary>How to reach the database of <see cref="LogStore.Postgres"/>; needed there.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>What a commit of <see cref="LogStore.Sqlite"/> waits for.</summary>
    public SqliteSynchronous Synchronous { get; set; } = SqliteSynchronous.Full;

    /// <summary>Entries that one commit carries at most. A single append larger than this has a commit of its own.</summary>
    [Range(1, 100_000)]
    public int MaxRowsPerCommit { get; set; } = 1000;

    /// <summary>Appends that wait for a commit at most. When it is reached, an append waits for its turn up to <see cref="AppendTimeout"/>.</summary>
    [Range(1, 1_000_000)]
    public int WaitingAppends { get; set; } = 10_000;

    /// <summary>How long an append may take from call to answer; then it fails as unavailable.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long anything else (a claim, a read, a mark) may take; then it fails as unavailable.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Connections for everything but appends, and so how many reads run at a time; further ones wait up to <see cref="CallTimeout"/>.</summary>
    [Range(1, 256)]
    public int ReadConnections { get; set; } = 4;
}

/// <summary>What keeps the log.</summary>
public enum LogStore
{
    /// <summary>A file beside the program: the embedded default, for one silo.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database, for any number of silos.</summary>
    Postgres,

    /// <summary>This process's memory: gone when it ends. For demonstrations and measurements.</summary>
    Memory,
}

/// <summary>What a SQLite commit waits for.</summary>
public enum SqliteSynchronous
{
    /// <summary>The disk: what was answered survives a loss of power.</summary>
    Full,

    /// <summary>The operating system: what was answered survives a crash of the program, and the newest of it may be lost with the power.</summary>
    Normal,
}
