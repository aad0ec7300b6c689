namespace OrleansChat.Grains.MessageLog.Postgres;

internal sealed partial class PostgresMessageLog
{
    public async Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken) =>
        (await RowsAsync(PostgresBlocks.Block, row => row.GetBoolean(0), cancellationToken, user, blocked))[0];

    public Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken) =>
        RowsAsync("delete from chat.blocks where usr = $1 and blocked = $2", row => true, cancellationToken, user, blocked);

    public async Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken) =>
        await RowsAsync("select blocked from chat.blocks where usr = $1 order by blocked", row => row.GetString(0), cancellationToken, user);

    public async Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken) =>
        await RowsAsync(
            "select usr from chat.blocks where usr = any($2) and blocked = $1", row => row.GetString(0), cancellationToken, user, users.ToArray());

    public async Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken)
    {
        var people = await RowsAsync(
            PostgresBlocks.Direct, row => (User: row.GetString(0), HasSent: row.GetBoolean(1), Blocks: row.GetBoolean(2)), cancellationToken,
            room, user, other);
        return new(
            [.. people.Where(person => person.HasSent).Select(person => person.User)],
            [.. people.Where(person => person.Blocks).Select(person => person.User)]);
    }
}
