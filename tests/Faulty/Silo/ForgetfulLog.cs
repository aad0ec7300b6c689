using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Faulty.Silo;

/// <summary>A log that replaces every client id with a new one, so that it stores a repeated send again.</summary>
internal sealed class ForgetfulLog(IMessageLog log) : MessageLogDecorator(log)
{
    public override Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => Whole.AppendAsync(
        append with { Entries = [.. append.Entries.Select(entry => entry.ClientId is null ? entry : entry with { ClientId = Guid.NewGuid().ToString("N") })] },
        cancellationToken);

    public override Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken) => Whole.CreateAsync(
        creation with { Entries = [.. creation.Entries.Select(entry => entry.ClientId is null ? entry : entry with { ClientId = Guid.NewGuid().ToString("N") })] },
        cancellationToken);

    public override Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        Task.FromResult<AppendedEntry?>(null);
}
