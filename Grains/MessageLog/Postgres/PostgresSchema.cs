using System.Data;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>Creates and migrates the tables of the message log in PostgreSQL, in the schema <c>chat</c>.</summary>
/// <remarks>
/// Two tables have version numbers. With them, silos of two versions can run side by side during an upgrade, and an
/// upgrade can be reverted:
/// <list type="bullet">
/// <item><c>chat.schema_compatibility</c>: <c>version</c> is the number of migrations that were applied,
/// <c>min_version</c> the number of migrations that a program must know to work on the tables. A program that knows
/// fewer refuses the database.</item>
/// <item><c>chat.schema_version</c>: for older programs, which do not know <c>chat.schema_compatibility</c>. They
/// refuse a database whose number in this table is above 1. So this number is 1, or <c>min_version</c> if that is
/// higher.</item>
/// </list>
/// A migration may remove only what the previous release no longer uses. A migration that removes something must raise
/// <see cref="MinVersion"/>.
/// </remarks>
internal static class PostgresSchema
{
    /// <summary>A write that changes nothing. It fails if the database cannot be written.</summary>
    public const string Touch = "update chat.schema_version set version = version";

    public const string ReadMinVersion = "select max(min_version) from chat.schema_compatibility";

    /// <summary>
    /// The key of the advisory lock for migrations, an arbitrary number. Because of the lock, silos that start at the
    /// same time migrate one after another.
    /// </summary>
    private const long MigrationLock = 7_236_004_581;

    /// <summary>
    /// The lowest <c>min_version</c> of a schema with all <see cref="Migrations"/>, and the lowest number in
    /// <c>chat.schema_version</c>.
    /// </summary>
    private const int MinVersion = 1;

    /// <summary>
    /// The number of migrations that a program must know if the log may have events of <see cref="LogVersion.Rights"/>.
    /// Such a database has at least this <c>min_version</c>. A new database has this <c>min_version</c> from the start.
    /// A database that was migrated keeps its number until <see cref="IMessageLog.RaiseVersionAsync"/>. Until then,
    /// silos of the previous version can run beside silos of this version, and the upgrade can be reverted.
    /// </summary>
    private const int RightsVersion = 8;

    /// <summary>
    /// The migration at index n changes the schema from version n to n + 1. Never change a migration that was released;
    /// append a new one.
    /// </summary>
    private static readonly string[] Migrations =
    [
        // Events are stored as columns, not as wire frames, so that the protocol can change without a migration of old
        // events. The column first_seq is not used yet. If a later version removes old bodies, first_seq will be the
        // oldest sequence whose body is kept. That version must keep (user, client id), hash, sequence and time, so
        // that a client id stays unique for ever. The database compares names byte by byte (collate "C"), as the
        // program does. Every append updates its room's row. The fill factor leaves space in each page, so that the
        // update does not touch the index.
        """
        create schema if not exists chat;
        create table if not exists chat.schema_version(version integer not null);
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

        // Erases the hashes of messages that were deleted earlier, and of their edits: a short text could be guessed
        // from its hash.
        """
        create table chat.schema_compatibility(version integer not null, min_version integer not null);
        update chat.events set hash = 0 where deleted and hash <> 0;
        update chat.events e set hash = 0 from chat.events m
            where e.kind = 1 and e.hash <> 0 and m.room = e.room and m.seq = e.ref and m.deleted;
        """,

        // Rights in groups. The row of a member has the role. A user who is only invited, muted or banned has a row
        // too. A program that does not know the column role would treat such a user as a member.
        """
        alter table chat.members add column role smallint not null default 1,
            add column muted bigint not null default 0, add column banned bigint not null default 0;
        alter table chat.rooms add column title text;
        """,

        // The settings of groups, in the same form as in the event's meta. A program that does not know this column
        // would give every role its default rights.
        """
        alter table chat.rooms add column settings text;
        """,

        // The invitation links of groups, each with the hash of its code. The column max_uses is null for any number of
        // uses. The column until is null for a link that never expires.
        """
        create table chat.links(
            room text collate "C", seq bigint, usr text collate "C" not null, hash text collate "C" not null,
            max_uses integer, until bigint, used integer not null, primary key(room, seq)) with (fillfactor = 70);
        create index links_hash on chat.links(room, hash);
        """,

        // Lists of conversations. The columns named changed have the id of the transaction that last changed the row.
        // No index has these columns, so that an update of a room's row still touches no index. The table conversations
        // has the personal settings, and a row for each membership whose row in members was deleted. Its column hidden
        // is the sequence up to which the conversation is hidden; -1 for a conversation that is not hidden.
        """
        create table chat.conversations(
            usr text collate "C" not null, room text collate "C" not null, followed boolean not null default false,
            pinned boolean not null default false, archived boolean not null default false, hidden bigint not null default -1,
            muted bigint not null default 0, changed bigint not null default 0, primary key(usr, room)) with (fillfactor = 70);
        create table chat.log_identity(id text not null);
        insert into chat.log_identity values (replace(gen_random_uuid()::text, '-', ''));
        alter table chat.rooms add column changed bigint not null default 0;
        alter table chat.members add column changed bigint not null default 0;
        alter table chat.marks add column changed bigint not null default 0;
        """,

        // Mentions. The column mentions has the names that a message mentions, separated by spaces. The table mentions
        // has one row for each of these names, to count a user's mentions after the read mark.
        """
        alter table chat.events add column mentions text;
        create table chat.mentions(
            room text collate "C", usr text collate "C", seq bigint, primary key(room, usr, seq));
        """,

        // Moderation. The table pins has the pinned messages of a room. The table blocks has the users whom a user has
        // blocked. The table reports has the messages that users reported to the moderators of a room, one row for each
        // user and message.
        """
        create table chat.pins(room text collate "C", seq bigint, primary key(room, seq));
        create table chat.blocks(usr text collate "C", blocked text collate "C", primary key(usr, blocked));
        create table chat.reports(
            room text collate "C", seq bigint, usr text collate "C", ts bigint not null, reason text, primary key(room, seq, usr));
        """,
    ];

    /// <summary>The key of the advisory lock that a silo holds while it creates an index.</summary>
    private const long IndexLock = 7_236_004_582;

    /// <summary>How long a silo waits between two attempts to take <see cref="IndexLock"/>.</summary>
    private static readonly TimeSpan IndexPoll = TimeSpan.FromMilliseconds(200);

    /// <summary>The <see cref="LogVersion"/> that a <c>min_version</c> allows.</summary>
    public static int LogVersionOf(int minVersion) => minVersion >= RightsVersion ? LogVersion.Rights : LogVersion.First;

    /// <summary>The <c>min_version</c> that allows a <see cref="LogVersion"/>.</summary>
    public static int MinVersionOf(int logVersion) => logVersion switch
    {
        LogVersion.First => MinVersion,
        LogVersion.Rights => RightsVersion,
        _ => throw new ArgumentOutOfRangeException(nameof(logVersion), logVersion, "This program does not know this version."),
    };

    /// <summary>
    /// The statement that raises <c>min_version</c>. It never lowers the number. It needs only the right to update the
    /// tables. It waits up to 1 s for a silo that migrates, then fails: a caller that waited longer would keep a
    /// connection of the pool.
    /// </summary>
    public static string Raise(int minVersion) =>
        $"""
        do $$ begin
            perform set_config('lock_timeout', '1000', true);
            perform pg_advisory_xact_lock({Text(MigrationLock)});
            update chat.schema_compatibility set min_version = {Text(minVersion)} where min_version < {Text(minVersion)};
            update chat.schema_version set version = {Text(minVersion)} where version < {Text(minVersion)};
        end $$
        """;

    /// <summary>
    /// Migrates the schema to the current version in one transaction, and checks that it can be written. There is no
    /// time limit: a migration of a large table may take long, and another silo that starts meanwhile waits for its
    /// end. Indexes are created after the transaction. Throws <see cref="MessageLogUnusableException"/> for a database
    /// of a newer version, and for a database that cannot store every message.
    /// </summary>
    public static async Task MigrateAsync(NpgsqlConnection connection, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync("set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0");
        if ((string)(await ScalarAsync("show server_encoding"))! is var encoding and not "UTF8")
        {
            throw new MessageLogUnusableException(
                $"The database '{connection.Database}' (MessageLog:ConnectionString) has the encoding {encoding}, which cannot store every message. "
                + "Create one with encoding UTF8: create database chat encoding 'UTF8' template template0.");
        }

        if (await ScalarAsync($"select pg_try_advisory_xact_lock({Text(MigrationLock)})") is not true)
        {
            PostgresSchemaLog.WaitsForLock(logger);
            await RunAsync($"select pg_advisory_xact_lock({Text(MigrationLock)})");
        }

        var (version, minVersion) = await VersionsAsync();
        if (minVersion > Migrations.Length)
        {
            throw new MessageLogUnusableException(
                $"The database '{connection.Database}' (MessageLog:ConnectionString) has schema version {version}, made by a newer version of OrleansChat. "
                + $"Only programs that know schema version {minVersion} can use it; this program knows only versions up to {Migrations.Length}. "
                + "Run a newer version of OrleansChat, or use another database.");
        }

        if (version < Migrations.Length)
        {
            foreach (var migration in Migrations[version..])
            {
                await RunAsync(migration);
            }

            minVersion = version == 0 ? RightsVersion : Math.Max(minVersion, MinVersion);
            await RunAsync(
                $"delete from chat.schema_version; insert into chat.schema_version values({Text(minVersion)}); "
                + $"delete from chat.schema_compatibility; insert into chat.schema_compatibility values({Text(Migrations.Length)}, {Text(minVersion)})");
            PostgresSchemaLog.Migrated(logger, version, Migrations.Length);
        }

        await RunAsync(Touch);
        await transaction.CommitAsync(cancellationToken);
        await EnsureIndexAsync("members_usr", "chat.members(usr, room)", "lists of conversations", waits: false);
        await EnsureIndexAsync("events_replies", "chat.events(room, reply, seq) where reply is not null", "threads and numbers of replies", waits: true);
        await EnsureIndexAsync("events_changes", "chat.events(room, seq) where kind = 2 or kind >= 7", "lists of the changes of a group", waits: true);

        // Creates an index concurrently, so that appends of other silos do not wait for a lock. If another silo is
        // creating an index, this silo waits only if reads without the index would scan a whole room.
        async Task EnsureIndexAsync(string name, string columns, string reads, bool waits)
        {
            for (var isFirst = true; ; isFirst = false)
            {
                if (await IsValidAsync())
                {
                    return;
                }

                if (await ScalarAsync($"select pg_try_advisory_lock({Text(IndexLock)})") is true)
                {
                    break;
                }

                if (!waits)
                {
                    return;
                }

                if (isFirst)
                {
                    PostgresSchemaLog.WaitsForIndex(logger, name);
                }

                // A statement that waits for the lock in the database would have a snapshot. The creation of an index
                // waits for the end of all older snapshots, so the two silos would wait for each other.
                await Task.Delay(IndexPoll, time, cancellationToken);
            }

            try
            {
                // Another silo may have created the index before this silo got the lock.
                if (!await IsValidAsync())
                {
                    // If there is an invalid index, an earlier attempt failed. Drop it first.
                    await RunAsync("set statement_timeout = 0; set lock_timeout = 0");
                    await RunAsync($"drop index concurrently if exists chat.{name}");
                    await RunAsync($"create index concurrently {name} on {columns}");
                }
            }
            catch (PostgresException exception) when (connection.FullState == ConnectionState.Open)
            {
                // This happens, for example, if the silo's user does not own the tables and --migrate has not run yet.
                PostgresSchemaLog.IndexNotCreated(logger, exception, name, reads);
            }
            finally
            {
                // If the connection is broken, the server releases the lock itself.
                if (connection.FullState == ConnectionState.Open)
                {
                    await RunAsync($"reset statement_timeout; reset lock_timeout; select pg_advisory_unlock({Text(IndexLock)})");
                }
            }

            async Task<bool> IsValidAsync() =>
                await ScalarAsync($"select indisvalid from pg_index where indexrelid = to_regclass('chat.{name}')") is true;
        }

        async Task<(int Version, int MinVersion)> VersionsAsync()
        {
            if (await ScalarAsync("select to_regclass('chat.schema_version') is not null") is not true)
            {
                return (0, 0);
            }

            var announced = (int)(await ScalarAsync("select coalesce(max(version), 0) from chat.schema_version"))!;
            return announced > Migrations.Length || await ScalarAsync("select to_regclass('chat.schema_compatibility') is not null") is not true
                ? (announced, announced)
                : ((int)(await ScalarAsync("select max(version) from chat.schema_compatibility"))!,
                    (int)(await ScalarAsync(ReadMinVersion))!);
        }

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        async Task<object?> ScalarAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            return await command.ExecuteScalarAsync(cancellationToken);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
