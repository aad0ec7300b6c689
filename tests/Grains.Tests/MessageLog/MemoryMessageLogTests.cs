using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>The contract on the log that is only in memory.</summary>
public sealed class MemoryMessageLogTests : MessageLogContract
{
    private protected override Task<Dictionary<string, string?>> NewStoreAsync() =>
        Task.FromResult(new Dictionary<string, string?> { ["MessageLog:Store"] = "memory" });

    private protected override Task<IMessageLog> SecondAsync() => Task.FromResult(Log);
}
