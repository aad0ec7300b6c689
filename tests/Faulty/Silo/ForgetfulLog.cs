using OrleansChat.Grains.Log;

namespace OrleansChat.Faulty.Silo;

/// <summary>A log whose keys are always new: the same client id again makes another event.</summary>
internal sealed class ForgetfulLog(IMessageLog log) : LogDecorator(log)
{
    public override Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => Whole.AppendAsync(
        append with { Entries = [.. append.Entries.Select(entry => entry.ClientId is null ? entry : entry with { ClientId = Guid.NewGuid().ToString("N") })] },
        cancellationToken);

    public override Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        Task.FromResult<AppendedEntry?>(null);
}
