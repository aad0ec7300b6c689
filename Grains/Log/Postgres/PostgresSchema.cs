using System.Globalization;
using Npgsql;

namespace OrleansChat.Grains.Log.Postgres;

/// <summary>The tables of the log in PostgreSQL, in a schema of their own, and how older ones become current. Migrations only add.</summary>
internal static class PostgresSchema
{
    /// <summary>Any number, the same in every silo: those that start together migrate one after another.</summary>
    private const long MigrationLock = 7_236_004_581;

    /// <summary>The migration at index n takes the schema from version n to n + 1. Never change one that was released: append.</summary>
    private static readonly string[] Migrations =
    [
        // Columns and never wire frames: the protocol may change without the past. first_seq is the oldest sequence whose body is kept;
        // pruning nulls bodies and leaves (user, client id), hash, sequence and time, so that a client id stays unique for ever.
        // Names compare byte by byte (collate "C"), as they do everywhere else here. Every append updates its room's row: the room left in
        // each page lets that happen without touching the index.
        """
        create table chat.rooms(
            room text collate "C" primary key, kind smallint not null, epoch text not null, claim bigint not null,
            seq bigint not null default 0, first_seq bigint not null default 1,
            ts bigint not null default 0, messages bigint not null default 0) with (fillfactor = 50);
        create table chat.events(
            room text collate "C" not null, seq bigint not null, usr text collate "C" not null, client_id text collate "C",
            hash bigint not null, ts bigint not null, kind smallint not null, text text, ref bigint, reply bigint, meta text,
            edited boolean not null default false, deleted boolean not null default false, messages bigint not null,
            primary key(room, seq));
        create unique index events_client_id on chat.events(room, usr, client_id) where client_id is not null;
        create index events_edits on chat.events(room, ref, seq) where kind = 1;
        create table chat.members(
            room text collate "C", usr text collate "C", since bigint not null, primary key(room, usr));
        create table chat.marks(
            room text collate "C", usr text collate "C", seq bigint not null, primary key(room, usr)) with (fillfactor = 70);
        """,
    ];

    /// <summary>Brings the schema to the current version, in one transaction. Throws <see cref="LogSchemaException"/> for one it must not touch.</summary>
    public static async Task MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync(string.Create(CultureInfo.InvariantCulture, $"select pg_advisory_xact_lock({MigrationLock})"));

        var version = await ScalarAsync("select to_regclass('chat.schema_version') is not null") is true
            ? (int)(await ScalarAsync("select coalesce(max(version), 0) from chat.schema_version"))!
            : 0;
        if (version > Migrations.Length)
        {
            throw new LogSchemaException(
                $"The database '{connection.Database}' (Log:ConnectionString) has schema {version}, made by a newer version of OrleansChat; "
                + $"this one knows up to {Migrations.Length}. Run that version or a newer one, or use another database.");
        }

        if (version < Migrations.Length)
        {
            await RunAsync("create schema if not exists chat; create table if not exists chat.schema_version(version integer not null)");
            foreach (var migration in Migrations[version..])
            {
                await RunAsync(migration);
            }

            await RunAsync(string.Create(
                CultureInfo.InvariantCulture, $"delete from chat.schema_version; insert into chat.schema_version values({Migrations.Length})"));
        }

        await transaction.CommitAsync(cancellationToken);

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        async Task<object?> ScalarAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(cancellationToken);
        }
    }
}
