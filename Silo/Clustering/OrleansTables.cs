using Npgsql;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Silo.Clustering;

/// <summary>
/// Orleans' own tables in PostgreSQL, made and brought up to date before the silo starts. Each version is a script that only adds to the one
/// before it; any number of silos may start at a time, for an advisory lock lets one after another look. Throws
/// <see cref="ClusterStoreException"/> where the database cannot be reached, is newer than this program, or holds Orleans tables of others.
/// </summary>
internal sealed partial class OrleansTables(ClusterSettings cluster, ILogger<OrleansTables> logger) : IHostedLifecycleService
{
    /// <summary>The newest version: there is a script for it and for each before it.</summary>
    public const int Newest = 1;

    // Any number that nothing else in the database locks.
    private const long AdvisoryLock = 7_305_829_461_120_001;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var source = NpgsqlDataSource.Create(cluster.ConnectionString!);
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var found = await LockAndReadVersionAsync(connection, cancellationToken);
            if (found > Newest)
            {
                throw new ClusterStoreException(
                    $"The Orleans tables of the database are of version {found}, this program knows {Newest}: start a newer one.");
            }

            for (var version = found + 1; version <= Newest; version++)
            {
                await ExecuteAsync(connection, await ScriptAsync(version), cancellationToken);
                await ExecuteAsync(connection, $"update orleanschat_cluster_schema set version = {version}", cancellationToken);
                Made(version);
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException taken) when (taken.SqlState is PostgresErrorCodes.DuplicateTable)
        {
            throw new ClusterStoreException(
                "The database holds Orleans tables that another program made: give OrleansChat a database of its own in Cluster:ConnectionString.", taken);
        }
        catch (Exception unreachable) when (unreachable is NpgsqlException or TimeoutException or ArgumentException)
        {
            throw new ClusterStoreException("PostgreSQL cannot be used; see that it runs, and that Cluster:ConnectionString is right", unreachable);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task<int> LockAndReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Held to the end of the transaction. The check comes before the creation, so that a role without the right to create can start too.
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({AdvisoryLock})", cancellationToken);
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

    [LoggerMessage(1, LogLevel.Information, "Orleans' tables are now of version {Version}")]
    private partial void Made(int version);
}

/// <summary>The cluster's database is of no use as it is; the message says what to do.</summary>
internal sealed class ClusterStoreException(string message, Exception? inner = null) : Exception(message, inner);
