using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.Log.Sqlite;

/// <summary>The tables of the log in a SQLite file, and how an older file becomes a current one. Migrations only add.</summary>
internal static class SqliteSchema
{
    /// <summary>The migration at index n takes a file from version n to n + 1. Never change one that was released: append.</summary>
    private static readonly string[] Migrations =
    [
        // Columns and never wire frames: the protocol may change without the past. first_seq is the oldest sequence whose body is kept;
        // pruning nulls bodies and leaves (user, client id), hash, sequence and time, so that a client id stays unique for ever.
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

        // An event lies where its room and sequence say: one page less that each commit of a room writes.
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
    ];

    /// <summary>Brings the file to the current version, in one transaction. Throws <see cref="LogSchemaException"/> for one it must not touch.</summary>
    public static void Migrate(SqliteConnection connection, string path)
    {
        Run(connection, "begin immediate");
        try
        {
            var version = Version(connection, path);
            if (version > Migrations.Length)
            {
                throw new LogSchemaException(
                    $"'{path}' (Log:Path) has schema {version}, made by a newer version of OrleansChat; this one knows up to {Migrations.Length}. "
                    + "Run that version or a newer one, or set another path.");
            }

            if (version < Migrations.Length)
            {
                foreach (var migration in Migrations.AsSpan(version))
                {
                    Run(connection, migration);
                }

                Run(connection, "create table if not exists schema_version(version integer not null); delete from schema_version");
                Run(connection, string.Create(CultureInfo.InvariantCulture, $"insert into schema_version values({Migrations.Length})"));
            }

            Run(connection, "commit");
        }
        catch
        {
            Run(connection, "rollback");
            throw;
        }
    }

    private static int Version(SqliteConnection connection, string path)
    {
        if (Scalar(connection, "select count(*) from sqlite_master") == 0)
        {
            return 0;
        }

        return Scalar(connection, "select count(*) from sqlite_master where type = 'table' and name = 'schema_version'") == 0
            ? throw new LogSchemaException($"'{path}' (Log:Path) is another program's database. Set a path of its own for the message log.")
            : Scalar(connection, "select coalesce(max(version), 0) from schema_version");
    }

    private static int Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
