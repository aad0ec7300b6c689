namespace OrleansChat.Grains.MessageLog.Memory;

internal sealed partial class MemoryMessageLog
{
    private readonly MemoryBlocks _blocks = new();

    public Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken) => Task.FromResult(_blocks.Add(user, blocked));

    public Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken)
    {
        _blocks.Remove(user, blocked);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken) => Task.FromResult(_blocks.Of(user));

    public Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken) =>
        Task.FromResult(_blocks.Blockers(user, users));

    public Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken) =>
        Task.FromResult(new DirectFacts(
            Find(room)?.Senders([user, other]) ?? [], [.. _blocks.Blockers(other, [user]), .. _blocks.Blockers(user, [other])]));
}
