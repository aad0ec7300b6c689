using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The writes of the message log, on the one connection that writes. In a silo, only the writer thread uses it. Each
/// method that changes rows is one transaction, which takes the file's write lock at its start. Until the transaction
/// commits, no other connection or process can change the rows that it reads.
/// </summary>
internal sealed class SqliteWrites(SqliteConnection connection) : IDisposable
{
    /// <summary>
    /// How many transaction numbers one write to <c>log_identity</c> reserves. So most transactions do not write this
    /// row.
    /// </summary>
    private const long ReservedNumbers = 1_000_000;

    private readonly SqliteStatement _begin = new(connection, "begin immediate");
    private readonly SqliteStatement _commit = new(connection, "commit");
    private readonly SqliteStatement _rollback = new(connection, "rollback");

    private readonly SqliteStatement _create = new(
        connection, "insert into rooms(room, kind, epoch, claim, changed) values(?1, ?2, ?3, 0, ?4) on conflict do nothing");

    private readonly SqliteStatement _claim = new(connection, "update rooms set claim = claim + 1 where room = ?1");
    private readonly SqliteStatement _room = new(connection, "select claim, kind, epoch, seq, ts, messages, title, settings from rooms where room = ?1");

    private readonly SqliteStatement _advance = new(
        connection, "update rooms set seq = ?2, ts = max(ts, ?3), messages = ?4, changed = ?5 where room = ?1");

    private readonly SqliteStatement _insert = new(
        connection,
        """
        insert into events(room, seq, usr, client_id, hash, ts, kind, text, ref, reply, meta, messages, mentions)
        values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        on conflict(room, usr, client_id) where client_id is not null do nothing
        """);

    private readonly SqliteStatement _first = new(
        connection, "select seq, ts, hash, messages from events where room = ?1 and usr = ?2 and client_id = ?3");

    private readonly SqliteStatement _edit = new(
        connection, "update events set text = ?3, edited = 1 where room = ?1 and seq = ?2 and kind = 0 and not deleted");

    private readonly SqliteStatement _takeIfDeleted = new(
        connection,
        """
        update events set text = null, meta = null, hash = 0 where room = ?1 and seq = ?2
        and exists(select 1 from events as message where message.room = ?1 and message.seq = ?3 and message.deleted)
        """);

    private readonly SqliteStatement _delete = new(
        connection,
        "update events set text = null, meta = null, mentions = null, hash = 0, edited = 0, deleted = 1 where room = ?1 and seq = ?2 and kind = 0");

    private readonly SqliteStatement _takeEdits = new(
        connection, "update events set text = null, meta = null, hash = 0 where room = ?1 and ref = ?2 and kind = 1");

    private readonly SqliteStatement _title = new(connection, "update rooms set title = ?2 where room = ?1");
    private readonly SqliteStatement _roomSettings = new(connection, "update rooms set settings = ?2 where room = ?1");
    private readonly SqliteMembers _members = new(connection);
    private readonly SqliteLinks _links = new(connection);
    private readonly SqliteMentions _mentions = new(connection);
    private readonly SqlitePins _pins = new(connection);

    private readonly SqliteStatement _mark = new(
        connection,
        """
        insert into marks(room, usr, seq, changed) values(?1, ?2, ?3, ?4)
        on conflict do update set seq = excluded.seq, changed = excluded.changed where excluded.seq > marks.seq
        """);

    private readonly SqliteSettings _settings = new(connection);
    private readonly SqliteBlockWrites _blocks = new(connection);
    private readonly SqliteReportWrites _reports = new(connection);
    private readonly SqliteStatement _reserve = new(connection, "update log_identity set changed = ?1");

    private readonly SqliteStatement _touch = new(connection, SqliteSchema.Touch);
    private readonly SqliteStatement _raise = new(connection, SqliteSchema.Raise);
    private readonly SqliteStatement _announce = new(connection, SqliteSchema.Announce);
    private readonly SqliteStatement _truncateWal = new(connection, "pragma wal_checkpoint(truncate)");

    /// <summary>The number of the newest transaction that has committed.</summary>
    private long _committed = ReadNumber(connection);

    /// <summary>
    /// The highest reserved transaction number, which is stored in <c>log_identity</c>. After a restart, the numbers
    /// continue after it. Null until this process has reserved numbers.
    /// </summary>
    private long? _reserved;

    /// <summary>
    /// The number of the newest transaction that has committed. Any thread may read it. A read that starts afterwards
    /// sees this transaction.
    /// </summary>
    public long Committed => Volatile.Read(ref _committed);

    /// <summary>The number of the running transaction.</summary>
    private long Current => _committed + 1;

    /// <summary>Checks that the file can be written, by a write that changes nothing.</summary>
    public bool Touch() => Transaction(() => _touch.Run() > 0);

    /// <summary>
    /// Moves all pages of the write-ahead log into the database file. So no page from before a deletion remains in the
    /// write-ahead log. False if a reader blocked this until the busy timeout.
    /// </summary>
    public bool TruncateWal()
    {
        using var row = _truncateWal.Query();
        return row.Read() && row.Number(0) == 0;
    }

    /// <summary>Rewrites the whole file without free pages.</summary>
    public void Rewrite()
    {
        using var vacuum = new SqliteStatement(connection, "vacuum");
        vacuum.Run();
    }

    public RoomClaim? Claim(string room) => Transaction(() =>
    {
        _claim.Run(room);
        return Find(room);
    });

    public AppendResult[] Append(IReadOnlyList<RoomAppend> appends) => Transaction(() =>
    {
        var results = new AppendResult[appends.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = appends[i].Create is { } kind ? Create(appends[i], kind) : Append(appends[i]);
        }

        return results;
    });

    public bool Mark(IReadOnlyCollection<ReadMark> marks) => Transaction(() =>
    {
        foreach (var mark in marks)
        {
            _mark.Run(mark.Room, mark.User, mark.Seq, Current);
        }

        return true;
    });

    /// <inheritdoc cref="IMessageLog.SetConversationAsync"/>
    public ConversationStored Set(string user, string room, ConversationChange change) =>
        Transaction(() => Find(room) is { } claim ? _settings.Set(user, room, change, claim.Seq, Current) : ConversationStored.NoRoom);

    public bool Block(string user, string blocked) => Transaction(() => _blocks.Block(user, blocked));

    public bool Unblock(string user, string blocked) => Transaction(() => _blocks.Unblock(user, blocked));

    public ReportStored Report(string room, NewReport report) => Transaction(() => _reports.Report(room, report));

    public bool Dismiss(string room, long message) => Transaction(() => _reports.Dismiss(room, message));

    /// <summary>
    /// Raises <c>min_version</c>, so that programs that know fewer migrations refuse the file. Never lowers it.
    /// </summary>
    public bool RaiseMinVersion(int minVersion) => Transaction(() =>
    {
        _raise.Run(minVersion);
        _announce.Run(minVersion);
        return true;
    });

    public void Dispose()
    {
        foreach (var statement in (IDisposable[])
        [
            _begin, _commit, _rollback, _create, _claim, _room, _advance, _insert, _first, _edit, _takeIfDeleted, _delete, _takeEdits,
            _title, _roomSettings, _members, _links, _mentions, _pins, _mark, _settings, _blocks, _reports, _reserve, _touch, _raise, _announce,
            _truncateWal,
        ])
        {
            statement.Dispose();
        }

        connection.Dispose();
    }

    private T Transaction<T>(Func<T> work)
    {
        _begin.Run();
        try
        {
            var reserved = _reserved;
            if (reserved is null || reserved < Current)
            {
                reserved = Current + ReservedNumbers;
                _reserve.Run(reserved);
            }

            var result = work();
            _commit.Run();
            _reserved = reserved;
            Volatile.Write(ref _committed, Current);
            return result;
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    private static long ReadNumber(SqliteConnection connection)
    {
        using var number = new SqliteStatement(connection, "select changed from log_identity");
        using var row = number.Query();
        return row.Read() ? row.Number(0) : 0;
    }

    private void RollBack()
    {
        try
        {
            _rollback.Run();
        }
        catch (SqliteException)
        {
            // After some failures, such as a full disk, SQLite has already rolled back. The caller gets the first
            // exception.
        }
    }

    private RoomClaim? Find(string room)
    {
        using var row = _room.Query(room);
        return row.Read()
            ? new RoomClaim(
                row.Number(0), (RoomKind)row.Number(1), row.Text(2), row.Number(3), row.Number(4), row.Number(5), row.TextOrNull(6),
                RoomSettings.Parse(row.TextOrNull(7)))
            : null;
    }

    /// <summary>Creates or claims the room, then appends under that claim.</summary>
    private AppendResult Create(RoomAppend append, RoomKind kind)
    {
        _create.Run(append.Room, (long)kind, RoomRules.NewEpoch(), Current);
        _claim.Run(append.Room);
        var claim = Find(append.Room)!;
        foreach (var member in RoomRules.FirstMembers(claim.Kind, append.Room))
        {
            _members.Add(append.Room, member, Current);
        }

        return Append(append with { Claim = claim.Number, Entries = RoomRules.NotBefore(append.Entries, claim.Ts) }) with { Claim = claim };
    }

    /// <summary>
    /// Appends to one room: checks the claim, inserts each entry or finds the stored event of its client id, applies
    /// each new entry to the stored data that it changes, and updates the room's head.
    /// </summary>
    private AppendResult Append(RoomAppend append)
    {
        if (Find(append.Room) is not { } room || room.Number != append.Claim)
        {
            return AppendResult.FencedOff;
        }

        var (seq, ts, messages) = (room.Seq, room.Ts, room.Messages);
        var appended = new AppendedEntry[append.Entries.Count];
        for (var i = 0; i < appended.Length; i++)
        {
            var entry = append.Entries[i];
            var message = entry.Kind == RoomEventKind.Msg ? 1 : 0;
            var added = _insert.Run(
                append.Room, seq + 1, entry.User, entry.ClientId, entry.Hash, entry.Ts, (long)entry.Kind,
                entry.Text, entry.Ref, entry.Reply, entry.Meta, messages + message, entry.Mentions) == 1;
            if (!added)
            {
                appended[i] = First(append.Room, entry);
                continue;
            }

            (seq, ts, messages) = (seq + 1, Math.Max(ts, entry.Ts), messages + message);
            appended[i] = new AppendedEntry(seq, entry.Ts, entry.Hash, messages, Duplicate: false);
            Apply(append.Room, room.Kind, seq, entry);
        }

        if (seq > room.Seq)
        {
            _advance.Run(append.Room, seq, ts, messages, Current);
        }

        return new AppendResult(false, appended);
    }

    private AppendedEntry First(string room, MessageLogEntry entry)
    {
        using var row = _first.Query(room, entry.User, entry.ClientId);
        row.Read();
        return new AppendedEntry(row.Number(0), row.Number(1), row.Number(2), row.Number(3), Duplicate: true);
    }

    private void Apply(string room, RoomKind kind, long seq, MessageLogEntry entry)
    {
        switch (entry.Kind)
        {
            case RoomEventKind.Msg:
                _mentions.Add(room, seq, entry.Mentions);
                break;
            case RoomEventKind.Edit:
                if (_edit.Run(room, entry.Ref, entry.Text) == 0)
                {
                    // Nothing was edited: the message does not exist or is deleted. If it is deleted, the text of the
                    // edit must not stay in the log.
                    _takeIfDeleted.Run(room, seq, entry.Ref);
                }

                break;
            case RoomEventKind.Delete:
                _mentions.Remove(room, entry.Ref);
                if (_delete.Run(room, entry.Ref) == 1)
                {
                    _takeEdits.Run(room, entry.Ref);
                    _pins.Apply(room, entry);
                    _reports.Dismiss(room, entry.Ref);
                }

                break;
            case RoomEventKind.Title:
                _title.Run(room, entry.Text);
                break;
            case RoomEventKind.Settings:
                _roomSettings.Run(room, entry.Meta);
                break;
            case RoomEventKind.Pin or RoomEventKind.Unpin:
                _pins.Apply(room, entry);
                break;
            default:
                if (kind == RoomKind.Group)
                {
                    _members.Apply(room, seq, entry, Current);
                    _links.Apply(room, seq, entry);
                }

                break;
        }
    }
}
