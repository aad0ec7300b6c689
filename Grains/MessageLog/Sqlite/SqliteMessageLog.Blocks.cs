namespace OrleansChat.Grains.MessageLog.Sqlite;

internal sealed partial class SqliteMessageLog
{
    public Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Block(user, blocked), cancellationToken);

    public Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Unblock(user, blocked), cancellationToken);

    public Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Blocks.Of(user), cancellationToken);

    public Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Blocks.Blockers(user, users), cancellationToken);

    public Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Blocks.Direct(room, user, other), cancellationToken);
}
