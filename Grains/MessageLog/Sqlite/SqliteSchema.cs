using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>Creates and migrates the tables of the message log in a SQLite file.</summary>
/// <remarks>
/// In the table <c>schema_compatibility</c>, <c>version</c> is the number of migrations that were applied, and
/// <c>min_version</c> the number of migrations that a program must know. Older programs do not know this table. They
/// read only the table <c>schema_version</c>, and refuse a file whose number there is above 2. So this number is 2, or
/// <c>min_version</c> if that is higher.
/// </remarks>
internal static class SqliteSchema
{
    /// <summary>A write that changes nothing. It fails if the file cannot be written.</summary>
    public const string Touch = "update schema_version set version = version";

    /// <summary>
    /// Raises <c>min_version</c> to <c>?1</c>; never lowers it. <see cref="Announce"/> must follow in the same
    /// transaction.
    /// </summary>
    public const string Raise = "update schema_compatibility set min_version = ?1 where min_version < ?1";

    /// <summary>Raises the number in <c>schema_version</c>, for programs that do not know <c>min_version</c>.</summary>
    public const string Announce = "update schema_version set version = ?1 where version < ?1";

    public const string ReadMinVersion = "select max(min_version) from schema_compatibility";

    /// <summary>
    /// The lowest <c>min_version</c> of a file with all <see cref="Migrations"/>, and the lowest number in
    /// <c>schema_version</c>.
    /// </summary>
    private const int MinVersion = 2;

    /// <summary>
    /// The number of migrations that a program must know if the log may have events of <see cref="LogVersion.Rights"/>.
    /// Such a file has at least this <c>min_version</c>. A new file has this <c>min_version</c> from the start. A file
    /// that was migrated keeps its number until <see cref="IMessageLog.RaiseVersionAsync"/>, so that the upgrade can be
    /// reverted.
    /// </summary>
    private const int RightsVersion = 10;

    /// <summary>
    /// The migration at index n changes the file from version n to n + 1. Never change a migration that was released;
    /// append a new one.
    /// </summary>
    private static readonly string[] Migrations =
    [
        // Events are stored as columns, not as wire frames, so that the protocol can change without a migration of old
        // events. The column first_seq is not used yet. If a later version removes old bodies, first_seq will be the
        // oldest sequence whose body is kept. That version must keep (user, client id), hash, sequence and time, so
        // that a client id stays unique for ever.
        """
        create table rooms(
            room text not null primary key, kind integer not null, epoch text not null, claim integer not null,
            seq integer not null default 0, first_seq integer not null default 1,
            ts integer not null default 0, messages integer not null default 0) without rowid;
        create table events(
            room text not null, seq integer not null, usr text not null, client_id text, hash integer not null, ts integer not null,
            kind integer not null, text text, ref integer, reply integer, meta text,
            edited integer not null default 0, deleted integer not null default 0, messages integer not null);
        create unique index events_room_seq on events(room, seq);
        create unique index events_client_id on events(room, usr, client_id) where client_id is not null;
        create index events_edits on events(room, ref) where kind = 1;
        create table members(room text not null, usr text not null, since integer not null, primary key(room, usr)) without rowid;
        create table marks(room text not null, usr text not null, seq integer not null, primary key(room, usr)) without rowid;
        """,

        // Stores events in the order of room and sequence (without rowid), so that the commit of a room writes one page
        // fewer.
        """
        alter table events rename to events_1;
        create table events(
            room text not null, seq integer not null, usr text not null, client_id text, hash integer not null, ts integer not null,
            kind integer not null, text text, ref integer, reply integer, meta text,
            edited integer not null default 0, deleted integer not null default 0, messages integer not null,
            primary key(room, seq)) without rowid;
        insert into events select room, seq, usr, client_id, hash, ts, kind, text, ref, reply, meta, edited, deleted, messages
            from events_1 order by room, seq;
        drop table events_1;
        create unique index events_client_id on events(room, usr, client_id) where client_id is not null;
        create index events_edits on events(room, ref) where kind = 1;
        """,

        // Erases the hashes of messages that were deleted earlier, and of their edits: a short text could be guessed
        // from its hash.
        """
        create table schema_compatibility(version integer not null, min_version integer not null);
        update events set hash = 0 where deleted and hash <> 0;
        update events set hash = 0 where kind = 1 and hash <> 0 and exists(
            select 1 from events as message where message.room = events.room and message.seq = events.ref and message.deleted);
        """,

        // The index that finds a user's conversations.
        """
        create index if not exists members_usr on members(usr);
        """,

        // Rights in groups. The row of a member has the role. A user who is only invited, muted or banned has a row
        // too. A program that does not know the column role would treat such a user as a member.
        """
        alter table members add column role integer not null default 1;
        alter table members add column muted integer not null default 0;
        alter table members add column banned integer not null default 0;
        alter table rooms add column title text;
        """,

        // The settings of groups, in the same form as in the event's meta. A program that does not know this column
        // would give every role its default rights.
        """
        alter table rooms add column settings text;
        """,

        // The invitation links of groups, each with the hash of its code. The column max_uses is null for any number of
        // uses. The column until is null for a link that never expires.
        """
        create table links(
            room text not null, seq integer not null, usr text not null, hash text not null,
            max_uses integer, until integer, used integer not null, primary key(room, seq)) without rowid;
        create index links_hash on links(room, hash);
        """,

        // Lists of conversations. The columns named changed have the number of the transaction that last changed the
        // row. The table conversations has the personal settings, and a row for each membership whose row in members
        // was deleted. Its column hidden is the sequence up to which the conversation is hidden; -1 for a conversation
        // that is not hidden. The table log_identity has a random id of the log. Its column changed has the highest
        // transaction number that is reserved (SqliteWrites).
        """
        create table conversations(
            usr text not null, room text not null, followed integer not null default 0, pinned integer not null default 0,
            archived integer not null default 0, hidden integer not null default -1, muted integer not null default 0,
            changed integer not null default 0, primary key(usr, room)) without rowid;
        create table log_identity(id text not null, changed integer not null);
        insert into log_identity values (lower(hex(randomblob(16))), 0);
        alter table rooms add column changed integer not null default 0;
        alter table members add column changed integer not null default 0;
        alter table marks add column changed integer not null default 0;
        """,

        // Mentions. The column mentions has the names that a message mentions, separated by spaces. The table mentions
        // has one row for each of these names, to count a user's mentions after the read mark. The index events_replies
        // finds the replies to a message.
        """
        alter table events add column mentions text;
        create table mentions(room text not null, usr text not null, seq integer not null, primary key(room, usr, seq)) without rowid;
        create index events_replies on events(room, reply, seq) where reply is not null;
        """,

        // Moderation. The table pins has the pinned messages of a room. The table blocks has the users whom a user has
        // blocked. The table reports has the messages that users reported to the moderators of a room, one row for each
        // user and message. The index events_changes finds the events that changed a group (RoomRules.IsChange).
        """
        create table pins(room text not null, seq integer not null, primary key(room, seq)) without rowid;
        create table blocks(usr text not null, blocked text not null, primary key(usr, blocked)) without rowid;
        create table reports(
            room text not null, seq integer not null, usr text not null, ts integer not null, reason text,
            primary key(room, seq, usr)) without rowid;
        create index events_changes on events(room, seq) where kind = 2 or kind >= 7;
        """,
    ];

    /// <summary>The <see cref="LogVersion"/> that a <c>min_version</c> allows.</summary>
    public static int LogVersionOf(long minVersion) => minVersion >= RightsVersion ? LogVersion.Rights : LogVersion.First;

    /// <summary>The <c>min_version</c> that allows a <see cref="LogVersion"/>.</summary>
    public static int MinVersionOf(int logVersion) => logVersion switch
    {
        LogVersion.First => MinVersion,
        LogVersion.Rights => RightsVersion,
        _ => throw new ArgumentOutOfRangeException(nameof(logVersion), logVersion, "This program does not know this version."),
    };

    /// <summary>
    /// Migrates the file to the current version in one transaction, and checks that it can be written. Throws
    /// <see cref="MessageLogUnusableException"/> for a file of a newer version or of another program.
    /// </summary>
    public static void Migrate(SqliteConnection connection, string path)
    {
        SqliteFile.Run(connection, "begin immediate");
        try
        {
            var (version, minVersion) = Versions(connection, path);
            if (minVersion > Migrations.Length)
            {
                throw new MessageLogUnusableException(
                    $"'{path}' (MessageLog:Path) has schema version {version}, made by a newer version of OrleansChat. "
                    + $"Only programs that know schema version {minVersion} can use it; this program knows only versions up to {Migrations.Length}. "
                    + "Run a newer version of OrleansChat, or set another path.");
            }

            if (version < Migrations.Length)
            {
                SqliteFile.Run(connection, "create table if not exists schema_version(version integer not null)");
                foreach (var migration in Migrations.AsSpan(version))
                {
                    SqliteFile.Run(connection, migration);
                }

                minVersion = version == 0 ? RightsVersion : Math.Max(minVersion, MinVersion);
                SqliteFile.Run(connection, string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    delete from schema_version; insert into schema_version values({minVersion});
                    delete from schema_compatibility; insert into schema_compatibility values({Migrations.Length}, {minVersion})
                    """));
            }

            SqliteFile.Run(connection, Touch);
            SqliteFile.Run(connection, "commit");
        }
        catch
        {
            SqliteFile.Run(connection, "rollback");
            throw;
        }
    }

    private static (int Version, int MinVersion) Versions(SqliteConnection connection, string path)
    {
        if (Scalar(connection, "select count(*) from sqlite_master") == 0)
        {
            return (0, 0);
        }

        if (!Has("schema_version"))
        {
            throw new MessageLogUnusableException(
                $"'{path}' (MessageLog:Path) is the database of another program. Set another path for the message log.");
        }

        var announced = Scalar(connection, "select coalesce(max(version), 0) from schema_version");
        return announced > Migrations.Length || !Has("schema_compatibility")
            ? (announced, announced)
            : (Scalar(connection, "select max(version) from schema_compatibility"), Scalar(connection, ReadMinVersion));

        bool Has(string table) => Scalar(connection, $"select count(*) from sqlite_master where type = 'table' and name = '{table}'") > 0;
    }

    private static int Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
