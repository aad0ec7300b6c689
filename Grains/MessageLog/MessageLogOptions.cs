using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Grains.MessageLog;

/// <summary>The store of the message log, and its limits. Section <c>MessageLog</c>.</summary>
public sealed class MessageLogOptions : IValidatableObject
{
    public const string Section = "MessageLog";

    /// <summary>
    /// The store of the message log: a SQLite file, a PostgreSQL database, or the memory of the process.
    /// </summary>
    public MessageLogStore Store { get; set; } = MessageLogStore.Sqlite;

    /// <summary>
    /// The database file of <see cref="MessageLogStore.Sqlite"/>. The file and its directory are created if they are
    /// missing.
    /// </summary>
    public string Path { get; set; } = "./data/chat.db";

    /// <summary>
    /// Connection string of the database of <see cref="MessageLogStore.Postgres"/>. Required for this store.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// What a commit of <see cref="MessageLogStore.Sqlite"/> waits for. <c>Full</c>: the disk. <c>Normal</c>: the
    /// operating system only, so a loss of power can lose the newest messages.
    /// </summary>
    public SqliteSynchronous Synchronous { get; set; } = SqliteSynchronous.Full;

    /// <summary>Maximum time of an append, from the call to the answer. A slower append fails as unavailable.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Maximum time of any other operation, such as a claim, a read or a read mark. A slower operation fails as
    /// unavailable.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Number of connections for reads, and with PostgreSQL also for claims and read marks. Further operations wait for
    /// a connection for up to <see cref="CallTimeout"/>.
    /// </summary>
    [Range(1, 256)]
    public int ReadConnections { get; set; } = 4;

    /// <summary>
    /// Maximum number of entries in one commit. An append with more entries gets a commit of its own.
    /// </summary>
    internal int MaxRowsPerCommit { get; set; } = 1000;

    /// <summary>
    /// Maximum number of appends that wait for a commit. A further append waits for a place, for up to
    /// <see cref="AppendTimeout"/>.
    /// </summary>
    internal int WaitingAppends { get; set; } = 10_000;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        switch (Store)
        {
            case MessageLogStore.Sqlite when string.IsNullOrWhiteSpace(Path):
                yield return new("it is required if MessageLog:Store is Sqlite. Set it to the path of the database file.", [nameof(Path)]);
                break;
            case MessageLogStore.Postgres when string.IsNullOrWhiteSpace(ConnectionString):
                yield return new("it is required if MessageLog:Store is Postgres. Set it to the connection string of the database.", [nameof(ConnectionString)]);
                break;
        }
    }
}

/// <summary>The kinds of store for the message log.</summary>
public enum MessageLogStore
{
    /// <summary>A SQLite file, for one silo. The default.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database, for any number of silos.</summary>
    Postgres,

    /// <summary>The memory of this process, lost when it ends. For demonstrations and measurements.</summary>
    Memory,
}

/// <summary>What a SQLite commit waits for.</summary>
public enum SqliteSynchronous
{
    /// <summary>The disk: an acknowledged message survives a loss of power.</summary>
    Full,

    /// <summary>
    /// The operating system: an acknowledged message survives a crash of the program. A loss of power may lose the
    /// newest messages.
    /// </summary>
    Normal,
}
