using Npgsql;
using NpgsqlTypes;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>
/// The statements that create rooms and append their first entries. A room that already exists is claimed. The
/// statements are prepared on one connection, and they run in one transaction.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Insert or claim the rooms, in the order of their names, so that two silos that create the same rooms cannot
/// deadlock. Until this transaction ends, no other transaction can append to these rooms.</item>
/// <item>Insert the members of direct rooms.</item>
/// <item>Append the entries under the new claims (<see cref="AppendStatement"/>). This is a separate statement, so it
/// sees everything that was committed before step 1 returned. That includes the entries of an earlier creation with an
/// unknown outcome.</item>
/// <item>Commit.</item>
/// </list>
/// Creations use a separate connection, because an insert waits while another silo inserts the same room. Appends to
/// other rooms must not wait for this.
/// </remarks>
internal sealed class CreateStatement : IPreparedCommit
{
    private const string Rooms =
        """
        insert into chat.rooms as r(room, kind, epoch, claim, changed)
        select room, kind, epoch, 1, pg_current_xact_id()::text::bigint from unnest($1, $2, $3) as g(room, kind, epoch) order by room collate "C"
        on conflict(room) do update set claim = r.claim + 1
        returning room, claim, kind, epoch, seq, ts, messages, title, settings
        """;

    private const string Members =
        """
        insert into chat.members(room, usr, since, changed)
        select room, usr, 0, pg_current_xact_id()::text::bigint from unnest($1, $2) as g(room, usr) order by room collate "C", usr collate "C" on conflict do nothing
        """;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlBatch _create;
    private readonly AppendStatement _append;

    private CreateStatement(NpgsqlConnection connection, AppendStatement append)
    {
        _connection = connection;
        _append = append;
        _create = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                AppendStatement.New(Rooms, NpgsqlDbType.Text, NpgsqlDbType.Smallint, NpgsqlDbType.Text),
                AppendStatement.New(Members, NpgsqlDbType.Text, NpgsqlDbType.Text),
            },
        };
    }

    public static async Task<CreateStatement> PrepareAsync(NpgsqlConnection connection)
    {
        var statement = new CreateStatement(connection, await AppendStatement.PrepareAsync(connection));
        await statement._create.PrepareAsync();
        return statement;
    }

    public async Task<AppendResult[]> RunAsync(IReadOnlyList<RoomAppend> appends)
    {
        // Steps 1 and 2: rooms and members.
        await using var transaction = await _connection.BeginTransactionAsync();
        var claims = await CreateAsync(appends);

        // Step 3: append.
        RoomAppend[] withEntries =
        [
            .. appends.Where(append => append.Entries.Count > 0).Select(append => append with
            {
                Claim = claims[append.Room].Number,
                Entries = RoomRules.NotBefore(append.Entries, claims[append.Room].Ts),
            }),
        ];
        var appended = withEntries.Length == 0 ? [] : await _append.RunAsync(withEntries);

        // Step 4: commit.
        await transaction.CommitAsync();

        var results = new AppendResult[appends.Count];
        var next = 0;
        for (var i = 0; i < results.Length; i++)
        {
            var result = appends[i].Entries.Count > 0 ? appended[next++] : new AppendResult(false, []);
            results[i] = result with { Claim = claims[appends[i].Room] };
        }

        return results;
    }

    public async ValueTask DisposeAsync()
    {
        await _create.DisposeAsync();
        await _append.DisposeAsync();
    }

    private async Task<Dictionary<string, RoomClaim>> CreateAsync(IReadOnlyList<RoomAppend> creations)
    {
        (string Room, string User)[] members =
        [
            .. creations.SelectMany(creation => RoomRules.FirstMembers(creation.Create!.Value, creation.Room), (creation, user) => (creation.Room, user)),
        ];
        var rooms = _create.BatchCommands[0].Parameters;
        rooms[0].Value = creations.Select(creation => creation.Room).ToArray();
        rooms[1].Value = creations.Select(creation => (short)creation.Create!.Value).ToArray();
        rooms[2].Value = creations.Select(_ => RoomRules.NewEpoch()).ToArray();
        _create.BatchCommands[1].Parameters[0].Value = Array.ConvertAll(members, member => member.Room);
        _create.BatchCommands[1].Parameters[1].Value = Array.ConvertAll(members, member => member.User);

        var claims = new Dictionary<string, RoomClaim>(creations.Count, StringComparer.Ordinal);
        await using var row = await _create.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            claims[row.GetString(0)] = new RoomClaim(
                row.GetInt64(1), (RoomKind)row.GetInt16(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6),
                row.IsDBNull(7) ? null : row.GetString(7), RoomSettings.Parse(row.IsDBNull(8) ? null : row.GetString(8)));
        }

        await row.NextResultAsync();
        return claims;
    }
}
