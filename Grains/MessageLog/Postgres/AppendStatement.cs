using Npgsql;
using NpgsqlTypes;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>The statement that appends to many rooms in one round trip. It is prepared on one connection.</summary>
/// <remarks>
/// <para>
/// Each step except the last one consists of one or more common table expressions of the statement:
/// </para>
/// <list type="number">
/// <item><c>owned</c>: lock the rows of the rooms, and keep only rooms whose claim number is the caller's number. This
/// step is the fence.</item>
/// <item><c>looked_up</c>: for each entry of these rooms, find the stored event with the same user and client id, if
/// there is one.</item>
/// <item><c>fresh</c>: give the entries without a stored event the next sequences and message counts, in their
/// order.</item>
/// <item><c>added</c>: insert the fresh entries.</item>
/// <item><c>advanced</c>: update the head, the message count, the time, the title and the settings of each room.</item>
/// <item>In groups, apply the events to the members and the invitation links (<see cref="GroupStatements"/>). In all
/// rooms, apply them to the pins (<see cref="PostgresSelections"/>). An append may have several joins and leaves. Any
/// other event that changes rights, links or pins is the only entry of its append
/// (<see cref="RoomRules.IsAlone"/>).</item>
/// <item>Store the mentions of the fresh messages, one row for each name.</item>
/// <item>Return one row for each entry: the stored event of a duplicate, or the new event. For a room that step 1 left
/// out, return no rows.</item>
/// </list>
/// <para>
/// Most appends have only messages, edits, deletions and reactions. Their statement has no title, no settings and no
/// step 6, because each part of a statement costs time even if it has no rows. For the same reason, step 7 is only in
/// the statements for appends with mentions, and the parts for links and pins are only in the statement for any append.
/// </para>
/// <para>
/// Why the statement misses no event and stores no event twice, under READ COMMITTED: a statement sees every row that
/// was committed before the statement started. If it locks a row <c>for update</c>, it sees the newest version of the
/// row. So the statement is correct if all earlier changes of its rooms were committed before the statement started.
/// This is true for each kind of change:
/// </para>
/// <list type="bullet">
/// <item>Events under the same claim. The owner has one append per room in flight. So the owner's earlier appends were
/// committed and answered before it sent this statement.</item>
/// <item>Events under an earlier claim. The append of such an event keeps the room's row locked until it commits, and
/// the next claim updates the same row. If the append locked the row first, the claim waited for its commit, and this
/// statement was sent after the claim. If the claim committed first, the append saw the newest version of the row, with
/// another <c>claim</c>, and appended nothing to the room.</item>
/// <item>The claim itself. It was committed before its owner sent an append under it.</item>
/// </list>
/// <para>
/// The statement also sees the newest members and links of its rooms, because only appends change them.
/// </para>
/// <para>
/// An append with an unknown outcome may still run in the server. The owner claims again before its next append, so the
/// unknown append counts as an append under an earlier claim.
/// </para>
/// <para>
/// If the database's default isolation level is stricter, an append under an earlier claim can fail with an error,
/// instead of appending nothing to the room. Nothing else changes.
/// </para>
/// <para>
/// Rows are locked in the order of the room names, which is the same in every silo. So two appends cannot deadlock.
/// </para>
/// </remarks>
internal sealed class AppendStatement : IPreparedCommit
{
    /// <summary>
    /// The statements, from the one with the fewest parts to the one for any append. The parts are the steps in the
    /// remarks of the class. An append that has mentions and also changes members uses the last statement.
    /// </summary>
    private static readonly string[] Appends =
    [
        $"{Store(false)}{Advance}{Answer}",
        $"{Store(true)}{Advance}{Mention}{Answer}",
        $"{Store(false)}{AdvanceAndSet}{GroupStatements.ChangeMembers}{Answer}",
        $"{Store(true)}{AdvanceAndSet}{GroupStatements.ChangeMembers}{GroupStatements.ChangeLinks}{PostgresSelections.ChangePins}{Mention}{Answer}",
    ];

    /// <summary>Step 7: stores the mentions.</summary>
    private const string Mention =
        """
        , mentioned as (
            insert into chat.mentions(room, usr, seq)
            select f.room, n.usr, f.seq from fresh f cross join lateral unnest(string_to_array(f.mentions, ' ')) as n(usr) where f.kind = 0
            on conflict do nothing)

        """;

    /// <summary>Steps 1 to 4: checks the claims, finds duplicates, and inserts the fresh entries.</summary>
    /// <param name="withMentions">Whether $13 has the mentions of each entry.</param>
    private static string Store(bool withMentions)
    {
        var (parameter, column) = withMentions ? (", $13", ", mentions") : ("", "");
        return $"""
        with owned as materialized (
            select g.n as room_n, r.room, r.kind, r.seq, r.messages
            from unnest($1, $2) with ordinality as g(room, claim, n) join chat.rooms r on r.room = g.room
            where r.claim = g.claim
            order by r.room
            for update of r),
        looked_up as materialized (
            select e.*, o.room, o.kind as room_kind, o.seq as head, o.messages as head_messages,
                was.seq as was_seq, was.ts as was_ts, was.hash as was_hash, was.messages as was_messages
            from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12{parameter}) with ordinality
                as e(room_n, usr, client_id, hash, ts, kind, text, ref, reply, meta{column}, n)
            join owned o on o.room_n = e.room_n
            left join lateral (
                select v.seq, v.ts, v.hash, v.messages from chat.events v
                where v.room = o.room and v.usr = e.usr and v.client_id = e.client_id limit 1) was on true),
        fresh as materialized (
            select l.*, head + row_number() over room_so_far as seq, head_messages + count(*) filter (where kind = 0) over room_so_far as messages
            from looked_up l
            where was_seq is null
            window room_so_far as (partition by room order by n rows unbounded preceding)),
        added as (
            insert into chat.events(room, seq, usr, client_id, hash, ts, kind, text, ref, reply, meta, messages{column})
            select room, seq, usr, client_id, hash, ts, kind, text, ref, reply, meta, messages{column} from fresh order by n),

        """;
    }

    /// <summary>Step 5: updates the rooms, but not their titles and settings.</summary>
    private const string Advance =
        """
        advanced as (
            update chat.rooms r set seq = f.seq, messages = f.messages, ts = greatest(r.ts, f.ts), changed = pg_current_xact_id()::text::bigint
            from (select room, max(seq) as seq, max(messages) as messages, max(ts) as ts from fresh group by room) f
            where r.room = f.room)

        """;

    /// <summary>Step 5: updates the rooms, including their titles and settings.</summary>
    private const string AdvanceAndSet =
        """
        advanced as (
            update chat.rooms r set seq = f.seq, messages = f.messages, ts = greatest(r.ts, f.ts), changed = pg_current_xact_id()::text::bigint,
                title = case when f.titled is null then r.title else (select t.text from fresh t where t.room = f.room and t.seq = f.titled) end,
                settings = case when f.settled is null then r.settings else (select t.meta from fresh t where t.room = f.room and t.seq = f.settled) end
            from (
                select room, max(seq) as seq, max(messages) as messages, max(ts) as ts,
                    max(seq) filter (where kind = 14) as titled, max(seq) filter (where kind = 15) as settled
                from fresh group by room) f
            where r.room = f.room)

        """;

    /// <summary>Step 8: returns the results.</summary>
    private const string Answer =
        """
        select n, was_seq, was_ts, was_hash, was_messages, true from looked_up where was_seq is not null
        union all
        select n, seq, ts, hash, messages, false from fresh
        """;

    /// <summary>
    /// The statement that follows an append with edits or deletions, in the same batch and transaction. It sees the
    /// rows that the append wrote. For each message that these rows refer to, it computes the current text from the
    /// message's events. So a repetition of an old edit changes nothing, and a batch may have several edits of one
    /// message. The statement changes only rooms whose claim number is the caller's number. The append has already
    /// locked these rooms. A deleted message loses its pin.
    /// </summary>
    private const string Rewrite =
        """
        with message as materialized (
            select m.room, m.seq, m.mentions, m.deleted or t.deletes as deleted, edit.text, edit.seq is not null as edited
            from (
                select g.room, g.ref, bool_or(g.kind = 2) as deletes
                from unnest($1, $2, $3, $4) as g(room, claim, ref, kind) join chat.rooms r on r.room = g.room and r.claim = g.claim
                group by g.room, g.ref) t
            join chat.events m on m.room = t.room and m.seq = t.ref and m.kind = 0
            left join lateral (
                select v.text, v.seq from chat.events v
                where v.room = m.room and v.ref = m.seq and v.kind = 1 and v.seq > m.seq order by v.seq desc limit 1) edit on true),
        shown as (
            update chat.events m set
                text = case when message.deleted then null when message.edited then message.text else m.text end,
                meta = case when message.deleted then null else m.meta end,
                mentions = case when message.deleted then null else m.mentions end,
                hash = case when message.deleted then 0 else m.hash end,
                edited = message.edited and not message.deleted,
                deleted = message.deleted
            from message where m.room = message.room and m.seq = message.seq),
        unmentioned as (
            delete from chat.mentions n using message cross join lateral unnest(string_to_array(message.mentions, ' ')) as names(usr)
            where message.deleted and n.room = message.room and n.usr = names.usr and n.seq = message.seq),
        unpinned as (
            delete from chat.pins p using message where message.deleted and p.room = message.room and p.seq = message.seq)
        update chat.events v set text = null, meta = null, hash = 0
        from message where message.deleted and v.room = message.room and v.ref = message.seq and v.kind = 1 and (v.text is not null or v.hash <> 0)
        """;

    private readonly NpgsqlBatch[] _batches;

    private AppendStatement(NpgsqlConnection connection) => _batches =
    [
        .. from sql in Appends
           from rewrites in (bool[])[false, true]
           select rewrites
               ? new NpgsqlBatch(connection) { BatchCommands = { NewAppend(sql), NewRewrite(), NewRemoveReports() } }
               : new NpgsqlBatch(connection) { BatchCommands = { NewAppend(sql) } },
    ];

    public static async Task<AppendStatement> PrepareAsync(NpgsqlConnection connection)
    {
        var statement = new AppendStatement(connection);
        foreach (var batch in statement._batches)
        {
            await batch.PrepareAsync();
        }

        return statement;
    }

    /// <inheritdoc/>
    public async Task<AppendResult[]> RunAsync(IReadOnlyList<RoomAppend> appends)
    {
        var rows = Rows(appends);
        var rewrites = Array.FindAll(rows, static row => row.Entry is { Kind: RoomEventKind.Edit or RoomEventKind.Delete, Ref: not null });
        var mentions = Array.Exists(rows, static row => row.Entry.Mentions is not null);
        var changes = Array.Exists(rows, static row => LinkRules.Concerns(row.Entry.Kind, row.Entry.Ref) || PinRules.Concerns(row.Entry.Kind)) ? 3
            : !Array.Exists(rows, static row => row.Entry.Kind > RoomEventKind.Unreact) ? (mentions ? 1 : 0)
            : mentions ? 3 : 2;
        var batch = _batches[(2 * changes) + (rewrites.Length > 0 ? 1 : 0)];
        Bind(batch.BatchCommands[0], appends, rows);
        if (rewrites.Length > 0)
        {
            var values = batch.BatchCommands[1].Parameters;
            values[0].Value = Array.ConvertAll(rewrites, row => appends[row.Of].Room);
            values[1].Value = Array.ConvertAll(rewrites, row => appends[row.Of].Claim);
            values[2].Value = Array.ConvertAll(rewrites, static row => row.Entry.Ref!.Value);
            values[3].Value = Array.ConvertAll(rewrites, static row => (short)row.Entry.Kind);
            var deletions = Array.FindAll(rewrites, static row => row.Entry.Kind == RoomEventKind.Delete);
            values = batch.BatchCommands[2].Parameters;
            values[0].Value = Array.ConvertAll(deletions, row => appends[row.Of].Room);
            values[1].Value = Array.ConvertAll(deletions, static row => row.Entry.Ref!.Value);
        }

        // Step 8: read one row for each entry.
        var appended = new AppendedEntry?[rows.Length];
        await using var row = await batch.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            appended[row.GetInt64(0) - 1] = new AppendedEntry(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetBoolean(5));
        }

        // The server sends the rows before it commits. The commit is done when this method has read the whole answer.
        while (await row.NextResultAsync())
        {
        }

        return Split(appends, appended);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var batch in _batches)
        {
            await batch.DisposeAsync();
        }
    }

    /// <summary>
    /// Splits the returned rows by append. If <c>owned</c> left a room out, because another activation has claimed it,
    /// the elements of its entries are null. Every other room has one row for each entry.
    /// </summary>
    private static AppendResult[] Split(IReadOnlyList<RoomAppend> appends, AppendedEntry?[] appended)
    {
        var results = new AppendResult[appends.Count];
        var first = 0;
        for (var i = 0; i < results.Length; i++)
        {
            var count = appends[i].Entries.Count;
            results[i] = appended[first] is null
                ? AppendResult.FencedOff
                : new AppendResult(false, Array.ConvertAll(appended[first..(first + count)], entry => entry!.Value));
            first += count;
        }

        return results;
    }

    /// <summary>Returns every entry with the index of its append.</summary>
    private static (int Of, MessageLogEntry Entry)[] Rows(IReadOnlyList<RoomAppend> appends)
    {
        var rows = new List<(int Of, MessageLogEntry Entry)>(appends.Count);
        for (var i = 0; i < appends.Count; i++)
        {
            foreach (var entry in appends[i].Entries)
            {
                rows.Add((i, entry));
            }
        }

        return [.. rows];
    }

    private static void Bind(NpgsqlBatchCommand command, IReadOnlyList<RoomAppend> appends, (int Of, MessageLogEntry Entry)[] rows)
    {
        var (names, claims) = (new string[appends.Count], new long[appends.Count]);
        for (var i = 0; i < names.Length; i++)
        {
            (names[i], claims[i]) = (appends[i].Room, appends[i].Claim);
        }

        var values = command.Parameters;
        values[0].Value = names;
        values[1].Value = claims;
        values[2].Value = Array.ConvertAll(rows, static row => row.Of + 1L);
        values[3].Value = Array.ConvertAll(rows, static row => row.Entry.User);
        values[4].Value = Array.ConvertAll(rows, static row => row.Entry.ClientId);
        values[5].Value = Array.ConvertAll(rows, static row => row.Entry.Hash);
        values[6].Value = Array.ConvertAll(rows, static row => row.Entry.Ts);
        values[7].Value = Array.ConvertAll(rows, static row => (short)row.Entry.Kind);
        values[8].Value = Array.ConvertAll(rows, static row => row.Entry.Text);
        values[9].Value = Array.ConvertAll(rows, static row => row.Entry.Ref);
        values[10].Value = Array.ConvertAll(rows, static row => row.Entry.Reply);
        values[11].Value = Array.ConvertAll(rows, static row => row.Entry.Meta);
        if (values.Count > 12)
        {
            values[12].Value = Array.ConvertAll(rows, static row => row.Entry.Mentions);
        }
    }

    private static NpgsqlBatchCommand NewAppend(string sql) => New(
        sql,
        [
            NpgsqlDbType.Text, NpgsqlDbType.Bigint,
            NpgsqlDbType.Bigint, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Smallint,
            NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Text,
            .. sql.Contains("$13", StringComparison.Ordinal) ? (NpgsqlDbType[])[NpgsqlDbType.Text] : [],
        ]);

    private static NpgsqlBatchCommand NewRewrite() =>
        New(Rewrite, NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Smallint);

    private static NpgsqlBatchCommand NewRemoveReports() => New(PostgresReports.RemoveDeleted, NpgsqlDbType.Text, NpgsqlDbType.Bigint);

    /// <summary>Creates a command whose parameters are arrays of these types.</summary>
    public static NpgsqlBatchCommand New(string sql, params ReadOnlySpan<NpgsqlDbType> arrays)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var element in arrays)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | element });
        }

        return command;
    }
}
