using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The stored members of rooms, on the connection of <see cref="SqliteWrites"/>. That class calls each method within a
/// transaction.
/// </summary>
internal sealed class SqliteMembers(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _add = new(
        connection, "insert into members(room, usr, since, changed) values(?1, ?2, 0, ?3) on conflict do nothing");

    private readonly SqliteStatement _find = new(connection, "select role, muted, banned, since from members where room = ?1 and usr = ?2");

    private readonly SqliteStatement _store = new(
        connection,
        """
        insert into members(room, usr, since, role, muted, banned, changed) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)
        on conflict do update set
            since = excluded.since, role = excluded.role, muted = excluded.muted, banned = excluded.banned, changed = excluded.changed
        """);

    private readonly SqliteStatement _remove = new(connection, "delete from members where room = ?1 and usr = ?2");

    private readonly SqliteStatement _end = new(
        connection, "insert into conversations(usr, room, changed) values(?2, ?1, ?3) on conflict do update set changed = excluded.changed");

    /// <summary>Stores a user of a direct room, if the room does not have the user yet.</summary>
    /// <param name="changed">The number of the transaction.</param>
    public void Add(string room, string user, long changed) => _add.Run(room, user, changed);

    /// <summary>
    /// Applies an event of a group to its members, as <see cref="MemberRules"/> says. If a membership or an
    /// invitation ends, a row in <c>conversations</c> records this, for the user's list of conversations.
    /// </summary>
    /// <param name="changed">The number of the transaction.</param>
    public void Apply(string room, long seq, MessageLogEntry entry, long changed)
    {
        if (MemberRules.UserOf(entry.Kind, entry.User, entry.Text) is not { } user)
        {
            return;
        }

        var (before, since) = Find(room, user);
        var after = MemberRules.Apply(before, seq, entry.Kind, entry.Text, entry.Meta);
        var begins = MemberRules.Begins(before, after, entry.Kind);
        if (after == before && !begins)
        {
            return;
        }

        if (MemberRules.IsStored(after))
        {
            _store.Run(room, user, begins ? seq : since ?? seq, (long)after.Role, after.MutedUntil, after.BannedUntil, changed);
        }
        else
        {
            _remove.Run(room, user);
        }

        if (before.Role != RoomRole.None && after.Role == RoomRole.None)
        {
            _end.Run(room, user, changed);
        }
    }

    public void Dispose()
    {
        _add.Dispose();
        _find.Dispose();
        _store.Dispose();
        _remove.Dispose();
        _end.Dispose();
    }

    private (Member Member, long? Since) Find(string room, string user)
    {
        using var row = _find.Query(room, user);
        return row.Read()
            ? (new Member(user, (RoomRole)row.Number(0), row.Number(1), row.Number(2)), row.Number(3))
            : (new Member(user, RoomRole.None), null);
    }
}
