using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Log.Postgres;

/// <summary>The log in PostgreSQL, for any number of silos: one connection appends, a pool does the rest.</summary>
internal sealed class PostgresLog : IMessageStore
{
    private const int RoomsPerQuery = 4096;

    private readonly MessageLogOptions _options;
    private readonly LogInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly NpgsqlDataSource _appending;
    private readonly NpgsqlDataSource _pool;
    private readonly PostgresAppender _appender;
    private GroupCommit? _appends;

    public PostgresLog(MessageLogOptions options, LogInstruments instruments, TimeProvider time, ILogger logger)
    {
        _options = options;
        _instruments = instruments;
        _time = time;
        _logger = logger;
        _settings = PostgresSettings.Parse(options);
        _appending = NpgsqlDataSource.Create(PostgresSettings.ForAppends(_settings, options));
        _pool = NpgsqlDataSource.Create(PostgresSettings.ForThePool(_settings, options));
        _appender = new PostgresAppender(_appending);
    }

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using (var connection = await _pool.OpenConnectionAsync(cancellationToken))
            {
                await PostgresSchema.MigrateAsync(connection, cancellationToken);
            }

            await _appender.OpenAsync(cancellationToken);
        }
        catch (Exception fault) when (PostgresFaults.IsFault(fault) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresFaults.AtOpen(fault, _settings);
        }

        _appends = new GroupCommit(_appender, _options, _instruments, _time, _logger);
    }

    public async ValueTask DisposeAsync()
    {
        if (_appends is not null)
        {
            await _appends.DisposeAsync();
        }

        await _appender.DisposeAsync();
        await _appending.DisposeAsync();
        await _pool.DisposeAsync();
    }

    public Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) =>
        (_appends ?? throw new LogUnavailableException("The message log is not open.")).AppendAsync(append, cancellationToken);

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => FirstAsync(
        "update chat.rooms set claim = claim + 1 where room = $1 returning claim, kind, epoch, seq, ts, messages",
        ToClaim, cancellationToken, room);

    public async Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken) => (await FirstAsync(
        """
        insert into chat.rooms as r(room, kind, epoch, claim) values($1, $2, $3, 1)
        on conflict(room) do update set claim = r.claim + 1 returning claim, kind, epoch, seq, ts, messages
        """,
        ToClaim, cancellationToken, room, (short)kind, RoomRules.NewEpoch()))!;

    public async Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            "select seq, ts, hash, messages from chat.events where room = $1 and usr = $2 and client_id = $3",
            row => new AppendedEntry(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), Duplicate: true),
            cancellationToken, room, user, clientId);
        return rows is [var first] ? first : null;
    }

    public async Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) => await RowsAsync(
        """
        select seq, ts, usr, kind, text, ref, reply, meta, client_id, edited, messages from chat.events
        where room = $1 and seq > $2 order by seq limit $3
        """,
        row => new RoomEvent(
            row.GetInt64(0), row.GetInt64(1), row.GetString(2), (RoomEventKind)row.GetInt16(3), Text(row, 4), Number(row, 5), Number(row, 6),
            Text(row, 7), Text(row, 8), row.GetBoolean(9), row.GetInt64(10)),
        cancellationToken, room, after, limit);

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
        select r.kind, r.seq, r.messages, m.usr is not null, coalesce(k.seq, 0),
            coalesce((select e.messages from chat.events e where e.room = r.room and e.seq <= k.seq order by e.seq desc limit 1), 0)
        from chat.rooms r
        left join chat.members m on m.room = r.room and m.usr = $2
        left join chat.marks k on k.room = r.room and k.usr = $2
        where r.room = $1
        """,
        row => new RoomFacts(
            (RoomKind)row.GetInt16(0), row.GetInt64(1), row.GetInt64(2),
            RoomRules.IsMember((RoomKind)row.GetInt16(0), room, user, row.GetBoolean(3)), row.GetInt64(4), row.GetInt64(5)),
        cancellationToken, room, user);

    public async Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken) => await RowsAsync(
        "select usr from chat.members where room = $1 order by since, usr", row => row.GetString(0), cancellationToken, room);

    /// <summary>In the order of the keys, the same in every silo, so that two of these never wait for each other.</summary>
    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) => RowsAsync(
        """
        insert into chat.marks as k(room, usr, seq)
        select room, usr, max(seq) from unnest($1, $2, $3) as g(room, usr, seq) group by room, usr order by room collate "C", usr collate "C"
        on conflict(room, usr) do update set seq = excluded.seq where excluded.seq > k.seq
        """,
        row => true, cancellationToken,
        marks.Select(mark => mark.Room).ToArray(), marks.Select(mark => mark.User).ToArray(), marks.Select(mark => mark.Seq).ToArray());

    private async Task<T?> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values)
        where T : class => (await RowsAsync(sql, read, cancellationToken, values)).FirstOrDefault();

    private async Task<List<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values)
    {
        using var deadline = new CancellationTokenSource(_options.CallTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            try
            {
                return await OnceAsync(sql, read, values, either.Token);
            }
            catch (NpgsqlException fault) when (fault.IsTransient)
            {
                // The pool may hold connections to a server that was restarted since. Everything that comes here may be done twice:
                // reads, marks, and claims, of which only the last one counts.
                _pool.Clear();
                return await OnceAsync(sql, read, values, either.Token);
            }
        }
        catch (Exception fault) when (PostgresFaults.IsFault(fault) && !cancellationToken.IsCancellationRequested)
        {
            throw new LogUnavailableException(PostgresFaults.InUse(fault).Message, fault);
        }
    }

    /// <summary>Waiting for a place in the pool, and connecting, can be called off; what runs in the database is left.</summary>
    private async Task<List<T>> OnceAsync<T>(string sql, Func<NpgsqlDataReader, T> read, object[] values, CancellationToken cancellationToken) =>
        await RowsAsync(await _pool.OpenConnectionAsync(cancellationToken), sql, read, values).OrLeaveAsync(cancellationToken);

    private static async Task<List<T>> RowsAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, object[] values)
    {
        await using var owned = connection;
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        var rows = new List<T>();
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            rows.Add(read(row));
        }

        // What this changed is committed when the server has answered to the end.
        await row.NextResultAsync();
        return rows;
    }

    private static RoomClaim ToClaim(NpgsqlDataReader row) =>
        new(row.GetInt64(0), (RoomKind)row.GetInt16(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static long? Number(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
