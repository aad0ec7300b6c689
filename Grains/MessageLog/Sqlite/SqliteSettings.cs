using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The personal settings of conversations, on the connection of <see cref="SqliteWrites"/>. That class calls
/// <see cref="Set"/> within a transaction.
/// </summary>
internal sealed class SqliteSettings(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _others = new(
        connection,
        """
        select coalesce(sum(followed), 0), count(*) from conversations
        where usr = ?1 and room <> ?2 and (followed or pinned or archived or hidden >= 0 or muted > 0)
        """);

    /// <summary>Stores a change of settings. If the change turns nothing on (?9 is 0), it creates no row.</summary>
    private readonly SqliteStatement _set = new(
        connection,
        """
        insert into conversations as c(usr, room, followed, pinned, archived, hidden, muted, changed)
        select ?1, ?2, coalesce(?3, 0), coalesce(?4, 0), coalesce(?5, 0), coalesce(?6, -1), coalesce(?7, 0), ?8
        where ?9 or exists(select 1 from conversations where usr = ?1 and room = ?2)
        on conflict do update set
            followed = coalesce(?3, followed), pinned = coalesce(?4, pinned), archived = coalesce(?5, archived), hidden = coalesce(?6, hidden),
            muted = coalesce(?7, muted), changed = excluded.changed
        """);

    /// <param name="head">The room's newest sequence.</param>
    /// <param name="changed">The number of the transaction.</param>
    public ConversationStored Set(string user, string room, ConversationChange change, long head, long changed)
    {
        if (change.Sets)
        {
            using var row = _others.Query(user, room);
            row.Read();
            if (change.Followed == true && row.Number(0) >= ConversationRules.MaxFollowed)
            {
                return ConversationStored.FollowsTooMany;
            }

            if (row.Number(1) >= ConversationRules.MaxSettings)
            {
                return ConversationStored.TooManySettings;
            }
        }

        long? hidden = change.Hidden is { } hides ? (hides ? head : ConversationRules.NotHidden) : null;
        _set.Run(user, room, Number(change.Followed), Number(change.Pinned), Number(change.Archived), hidden, change.MutedUntil, changed,
            Number(change.Sets));
        return ConversationStored.Yes;

        static long? Number(bool? flag) => flag is { } set ? (set ? 1 : 0) : null;
    }

    public void Dispose()
    {
        _others.Dispose();
        _set.Dispose();
    }
}
