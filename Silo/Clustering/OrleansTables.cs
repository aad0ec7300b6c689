using Npgsql;
using OrleansChat.Grains.MessageLog.Postgres;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Silo.Clustering;

/// <summary>
/// Creates and migrates Orleans' own tables in PostgreSQL before the silo starts. If the database cannot be reached,
/// the start waits without end. If an operator has to act, the start fails with <see cref="ClusterStoreException"/>:
/// for example, if the database refuses the user, if a permission is missing, or if the database has tables of a newer
/// version or of another program.
/// </summary>
/// <remarks>
/// Each version of the tables has a script, which only adds to the tables of the previous version. Any number of silos
/// may start at the same time, because they take an advisory lock one after another. Silos of version 0.1 refuse to
/// start if the version of the tables is above 1. So a new script must not raise the version if these silos can still
/// use the changed tables. Record in another table that this script has run, as the message log does with
/// <c>chat.schema_compatibility</c>.
/// </remarks>
internal sealed partial class OrleansTables(ClusterSettings cluster, StartupWait wait, ILogger<OrleansTables> logger) : IHostedService
{
    /// <summary>The newest version. There is a script for each version from 1 to the newest.</summary>
    public const int Newest = 1;

    // An arbitrary number that nothing else in the database uses as a lock.
    private const long AdvisoryLock = 7_305_829_461_120_001;

    public Task StartAsync(CancellationToken cancellationToken) =>
        wait.UntilAsync("PostgreSQL (Cluster:ConnectionString)", MigrateAsync, IsTemporary, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Whether a retry may succeed. An error of SQLSTATE class 42 comes from the scripts or from changed tables, so a
    /// retry would fail again.
    /// </summary>
    private static bool IsTemporary(Exception exception) =>
        PostgresFaults.IsFault(exception) && exception is not PostgresException { SqlState: ['4', '2', ..] };

    /// <summary>
    /// Tries once to create and migrate the tables. Throws <see cref="ClusterStoreException"/> if an operator must act,
    /// and exceptions of Npgsql for other failures.
    /// </summary>
    internal async Task MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var source = NpgsqlDataSource.Create(Settings());
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var found = await LockAndReadVersionAsync(connection, cancellationToken);
            if (found > Newest)
            {
                throw new ClusterStoreException(
                    $"The Orleans tables in the database have version {found}, but this program knows only version {Newest}. Run a newer version of OrleansChat.");
            }

            for (var version = found + 1; version <= Newest; version++)
            {
                await ExecuteAsync(connection, await ScriptAsync(version), cancellationToken);
                await ExecuteAsync(connection, $"update orleanschat_cluster_schema set version = {version}", cancellationToken);
                Made(version);
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateTable)
        {
            throw new ClusterStoreException(
                "The database has Orleans tables of another program. Set Cluster:ConnectionString to a database that only OrleansChat uses.", exception);
        }
        catch (PostgresException exception) when (PostgresFaults.Remedy(exception, "create Orleans' tables") is { } remedy)
        {
            throw new ClusterStoreException($"The PostgreSQL database of Cluster:ConnectionString {remedy}");
        }
        catch (ArgumentException exception)
        {
            throw new ClusterStoreException("Cluster:ConnectionString is not a PostgreSQL connection string", exception);
        }
    }

    private string Settings()
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgresConnectionString.WithDefaults(cluster.ConnectionString!))
        {
            Pooling = false,
            TcpKeepAlive = true,
            Timeout = 10,
            CommandTimeout = 0, // No limit: a script on large tables, or the wait for another silo, may take long.
        };
        settings.ApplicationName ??= "OrleansChat tables";
        return settings.Host is { Length: > 0 } ? settings.ConnectionString : throw new ClusterStoreException(
            "Cluster:ConnectionString has no Host. Example: Host=localhost;Username=chat;Password=...;Database=chat.");
    }

    private static async Task<int> LockAndReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // The lock is held until the end of the transaction.
        await ExecuteAsync(connection, "set local statement_timeout = 0; set local lock_timeout = 0", cancellationToken);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({AdvisoryLock})", cancellationToken);

        // Create the version table only if it is missing. So a silo whose PostgreSQL role may not create tables can start if
        // all tables exist.
        await using var exists = new NpgsqlCommand("select to_regclass('orleanschat_cluster_schema') is not null", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await ExecuteAsync(connection,
                "create table orleanschat_cluster_schema (version integer not null); insert into orleanschat_cluster_schema values (0)", cancellationToken);
        }

        await using var version = new NpgsqlCommand("select version from orleanschat_cluster_schema", connection);
        return (int)(await version.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<string> ScriptAsync(int version)
    {
        using var reader = new StreamReader(typeof(OrleansTables).Assembly.GetManifestResourceStream($"OrleansTables.{version}.sql")!);
        return await reader.ReadToEndAsync();
    }

    [LoggerMessage(11, LogLevel.Information, "Orleans' tables were migrated to version {Version}")]
    private partial void Made(int version);
}

/// <summary>
/// The cluster's database cannot be used until an operator acts. The message says what to do.
/// </summary>
internal sealed class ClusterStoreException(string message, Exception? inner = null) : Exception(message, inner);
