using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>
/// The message log in PostgreSQL, for any number of silos. One connection appends, one creates rooms, and one sends
/// probes. All other operations use a pool.
/// </summary>
internal sealed partial class PostgresMessageLog : IMessageStore
{
    private const int RoomsPerQuery = 4096;

    /// <summary>The columns of a statement whose rows <see cref="ToEvent"/> reads.</summary>
    internal const string EventColumns = "seq, ts, usr, kind, text, ref, reply, meta, client_id, edited, messages, case when not deleted then mentions end";

    private static readonly object Null = DBNull.Value;

    private readonly MessageLogOptions _options;
    private readonly MessageLogInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly NpgsqlDataSource _appending;
    private readonly NpgsqlDataSource _pool;
    private readonly NpgsqlDataSource _probing;
    private readonly PostgresAppender _appender;
    private readonly PostgresAppender _creator;
    private readonly StoreWatch _commits;
    private readonly StoreWatch _claims;
    private GroupCommit? _appends;
    private GroupCommit? _creations;

    public PostgresMessageLog(MessageLogOptions options, MessageLogInstruments instruments, TimeProvider time, ILogger logger)
    {
        _options = options;
        _instruments = instruments;
        _time = time;
        _logger = logger;
        _settings = PostgresSettings.Parse(options);
        _appending = NpgsqlDataSource.Create(PostgresSettings.ForAppends(_settings));
        _pool = NpgsqlDataSource.Create(PostgresSettings.ForThePool(_settings, options));
        _probing = NpgsqlDataSource.Create(PostgresSettings.ForProbes(_settings));
        _appender = new PostgresAppender(_appending, async connection => await AppendStatement.PrepareAsync(connection));
        _creator = new PostgresAppender(_appending, async connection => await CreateStatement.PrepareAsync(connection));
        _commits = new StoreWatch("commits", time, logger);
        _claims = new StoreWatch("claims", time, logger);
    }

    public void Lock()
    {
        // Any number of processes may use the database.
    }

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using (var migrating = NpgsqlDataSource.Create(PostgresSettings.ForMigrations(_settings)))
            await using (var connection = await migrating.OpenConnectionAsync(cancellationToken))
            {
                await PostgresSchema.MigrateAsync(connection, _time, _logger, cancellationToken);
            }

            await _appender.OpenAsync(cancellationToken);
            await _creator.OpenAsync(cancellationToken);
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresFaults.AtOpen(exception, _settings);
        }

        _appends = CommitsOf(_appender);
        _creations = CommitsOf(_creator);

        GroupCommit CommitsOf(PostgresAppender appender) => new(
            (appends, cancelled) => _commits.WatchAsync(appender.CommitAsync(appends, cancelled)), _options, _instruments, _time, _logger);
    }

    public async ValueTask DisposeAsync()
    {
        if (_appends is not null)
        {
            await _appends.DisposeAsync();
        }

        if (_creations is not null)
        {
            await _creations.DisposeAsync();
        }

        await _appender.DisposeAsync();
        await _creator.DisposeAsync();
        await _appending.DisposeAsync();
        await _pool.DisposeAsync();
        await _probing.DisposeAsync();
    }

    public Task ProbeAsync(CancellationToken cancellationToken) =>
        _commits.IsFresh ? Task.CompletedTask : _commits.WatchAsync(RowsAsync(_probing, PostgresSchema.Touch, row => true, cancellationToken));

    public Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) =>
        (_appends ?? throw new MessageLogUnavailableException("The message log is not open.")).AppendAsync(append, cancellationToken);

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => _claims.WatchAsync(FirstAsync(
        "update chat.rooms set claim = claim + 1 where room = $1 returning claim, kind, epoch, seq, ts, messages, title, settings",
        ToClaim, cancellationToken, room));

    public Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken) =>
        (_creations ?? throw new MessageLogUnavailableException("The message log is not open.")).CreateAsync(creation, cancellationToken);

    public async Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            "select seq, ts, hash, messages from chat.events where room = $1 and usr = $2 and client_id = $3",
            row => new AppendedEntry(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), Duplicate: true),
            cancellationToken, room, user, clientId);
        return rows is [var first] ? first : null;
    }

    public async Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken) =>
        range.Bytes == int.MaxValue && !range.FromEnd
            ? await RowsAsync(
                $"""
                select {EventColumns} from chat.events
                where room = $1 and seq > $2 order by seq limit $3
                """,
                ToEvent, cancellationToken, room, range.After, range.Limit)
            : await RowsAsync(
                PostgresSelections.BoundedRead(range.FromEnd),
                ToEvent, cancellationToken, room, range.After, range.After + range.Limit, (long)range.Bytes);

    private static RoomEvent ToEvent(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetString(2), (RoomEventKind)row.GetInt16(3), Text(row, 4), Number(row, 5), Number(row, 6),
        Text(row, 7), Text(row, 8), row.GetBoolean(9), row.GetInt64(10))
    { Mentions = Text(row, 11) };

    public async Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken) =>
        (await RowsAsync(
            PostgresThreads.Replies, row => KeyValuePair.Create(row.GetInt64(0), (int)row.GetInt64(1)), cancellationToken, room, messages.ToArray()))
            .Where(row => row.Value > 0).ToDictionary();

    public async Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken)
    {
        object[] values = [room, range.After, range.Before, (long)range.Limit, (long)range.Bytes];
        var rows = await RowsAsync(
            PostgresSelections.Select(range.Of.Kind, range.FromEnd), row => (Event: ToEvent(row), Total: row.GetInt64(row.FieldCount - 1)),
            cancellationToken, range.Of.Kind == SelectionKind.Replies ? [.. values, range.Of.Message] : values);
        return new([.. rows.Select(row => row.Event)], rows is [var first, ..] && first.Total > rows.Count);
    }

    public async Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken) =>
        await RowsAsync(PostgresSelections.Pins, row => row.GetInt64(0), cancellationToken, room);

    public async Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            PostgresThreads.Readers, row => Text(row, 0), cancellationToken, room, message, ThreadRules.People(room), (long)limit);
        return rows.Count == 0 ? null : [.. rows.OfType<string>()];
    }

    public async Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken)
    {
        var heads = new List<RoomHead>(rooms.Count);
        foreach (var some in rooms.Chunk(RoomsPerQuery))
        {
            heads.AddRange(await RowsAsync(
                "select room, seq, claim from chat.rooms where room = any($1)",
                row => new RoomHead(row.GetString(0), row.GetInt64(1), row.GetInt64(2)),
                cancellationToken, [some]));
        }

        return heads;
    }

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) => FirstAsync(
        """
        select r.kind, r.seq, r.messages, coalesce(m.role, 0), coalesce(k.seq, 0), coalesce(m.banned, 0), r.settings
        from chat.rooms r
        left join chat.members m on m.room = r.room and m.usr = $1
        left join chat.marks k on k.room = r.room and k.usr = $1
        where r.room = $2
        """,
        row => ToFacts(row, room, user), cancellationToken, user, room);

    public Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken) => FirstAsync(
        UnreadSql.Facts, row => new CountedFacts(ToFacts(row, room, user), new(row.GetInt64(7), row.GetInt64(8), row.GetInt32(9) > 0)),
        cancellationToken, user, room);

    private static RoomFacts ToFacts(NpgsqlDataReader row, string room, string user)
    {
        var kind = (RoomKind)row.GetInt16(0);
        return new(
            kind, row.GetInt64(1), row.GetInt64(2), RoomRules.RoleOf(kind, room, user, (RoomRole)row.GetInt32(3)), row.GetInt64(4), row.GetInt64(5),
            RoomSettings.Parse(Text(row, 6)));
    }

    public async Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken) => await RowsAsync(
        "select usr, role, muted, banned from chat.members where room = $1 order by since, usr",
        row => new Member(row.GetString(0), (RoomRole)row.GetInt16(1), row.GetInt64(2), row.GetInt64(3)), cancellationToken, room);

    public async Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken) => await RowsAsync(
        "select seq, usr, hash, max_uses, until, used from chat.links where room = $1 order by seq",
        row => new RoomLink(
            row.GetInt64(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetInt32(3), Number(row, 4), row.GetInt32(5)),
        cancellationToken, room);

    public async Task<bool> HasLinkAsync(
        string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken) => (await RowsAsync(
        """
        select 1 from chat.links where room = $1 and hash = any($3)
            and (until is null or until > $4) and (max_uses is null or used < max_uses)
            and not exists(select 1 from chat.members m where m.room = $1 and m.usr = $2 and m.banned > $4)
        limit 1
        """,
        row => true, cancellationToken, room, user, hashes.ToArray(), now)).Count > 0;

    public async Task<ConversationRows> ConversationsAsync(
        string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken)
    {
        var read = await RowsAsync(
            ConversationSql.List, PostgresConversations.ToRow, cancellationToken, user, before?.Ts ?? long.MaxValue, before?.Room ?? "", (long)limit);
        return PostgresConversations.ToPage(read);
    }

    public async Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken) =>
        ConversationRules.Number(cursor) is { } number
            ? PostgresConversations.ToChanges(
                await RowsAsync(ConversationSql.Changes, PostgresConversations.ToRow, cancellationToken, user, number, limit + 1L), cursor, limit)
            : null;

    public async Task<ConversationStored> SetConversationAsync(string user, string room, ConversationChange change, CancellationToken cancellationToken) =>
        (await RowsAsync(
            PostgresConversations.Set, row => PostgresConversations.ToStored(row, change), cancellationToken, user, room, change.Followed ?? Null,
            change.Pinned ?? Null, change.Archived ?? Null, change.Hidden ?? Null, change.MutedUntil ?? Null, change.Sets))[0];

    /// <summary>
    /// Counts only groups: the two ranges of room names leave out all names that begin with <c>@</c>. Every direct room
    /// has such a name, and no group has one.
    /// </summary>
    public async Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken) => (await RowsAsync(
        """
        select count(*) from (
            (select 1 from chat.members where usr = $1 and room < '@' and role between 1 and $2 limit $3)
            union all
            (select 1 from chat.members where usr = $1 and room >= 'A' and role between 1 and $2 limit $3)) g
        """,
        row => row.GetInt64(0), cancellationToken, user, (int)(withInvitations ? RoomRole.Invited : RoomRole.Owner), most))[0];

    /// <summary>
    /// Writes the read marks in the order of their keys. This order is the same in every silo, so two such statements
    /// cannot deadlock.
    /// </summary>
    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) => RowsAsync(
        """
        insert into chat.marks as k(room, usr, seq, changed)
        select room, usr, max(seq), pg_current_xact_id()::text::bigint from unnest($1, $2, $3) as g(room, usr, seq) group by room, usr order by room collate "C", usr collate "C"
        on conflict(room, usr) do update set seq = excluded.seq, changed = excluded.changed where excluded.seq > k.seq
        """,
        row => true, cancellationToken,
        marks.Select(mark => mark.Room).ToArray(), marks.Select(mark => mark.User).ToArray(), marks.Select(mark => mark.Seq).ToArray());

    public async Task<int> VersionAsync(CancellationToken cancellationToken) =>
        PostgresSchema.LogVersionOf((await RowsAsync(PostgresSchema.ReadMinVersion, row => row.GetInt32(0), cancellationToken))[0]);

    public Task RaiseVersionAsync(int version, CancellationToken cancellationToken) =>
        RowsAsync(PostgresSchema.Raise(PostgresSchema.MinVersionOf(version)), row => true, cancellationToken);

    private async Task<T?> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values)
        where T : class => (await RowsAsync(sql, read, cancellationToken, values)).FirstOrDefault();

    private Task<List<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values) =>
        RowsAsync(_pool, sql, read, cancellationToken, values);

    private async Task<List<T>> RowsAsync<T>(
        NpgsqlDataSource pool, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values)
    {
        using var deadline = new CancellationTokenSource(_options.CallTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            try
            {
                return await OnceAsync(pool, sql, read, values, either.Token);
            }
            catch (NpgsqlException exception) when (exception.IsTransient || exception.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
            {
                // The pool may have connections to a server that was restarted or is no longer the primary. So the
                // statement runs once more on a new connection. Every statement of this class may run twice. A repeated
                // read, probe, read mark, block, report or change of settings has no further effect. Of two claims,
                // only the last one counts.
                pool.Clear();
                return await OnceAsync(pool, sql, read, values, either.Token);
            }
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresFaults.InUse(exception);
        }
    }

    /// <summary>
    /// Runs a statement once. Waiting for a connection of the pool can be cancelled. A statement that runs in the
    /// database is abandoned instead (<see cref="PostgresPatience"/>). An attempt to connect is abandoned too: if the
    /// server does not answer, cancelling the attempt takes as long as the attempt.
    /// </summary>
    private static Task<List<T>> OnceAsync<T>(
        NpgsqlDataSource pool, string sql, Func<NpgsqlDataReader, T> read, object[] values, CancellationToken cancellationToken) =>
        RowsAsync(pool, sql, read, values, cancellationToken).OrLeaveAsync(cancellationToken);

    private static async Task<List<T>> RowsAsync<T>(
        NpgsqlDataSource pool, string sql, Func<NpgsqlDataReader, T> read, object[] values, CancellationToken cancellationToken)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        var rows = new List<T>();
        await using var row = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await row.ReadAsync(CancellationToken.None))
        {
            rows.Add(read(row));
        }

        // A change is committed when the whole answer has been read.
        await row.NextResultAsync(CancellationToken.None);
        return rows;
    }

    private static RoomClaim ToClaim(NpgsqlDataReader row) =>
        new(row.GetInt64(0), (RoomKind)row.GetInt16(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), Text(row, 6), RoomSettings.Parse(Text(row, 7)));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static long? Number(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
