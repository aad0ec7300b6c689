using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Tests.MessageLog;

public sealed class MemoryMessageLogTests : MessageLogContract
{
    private protected override Task<Dictionary<string, string?>> NewStoreAsync() =>
        Task.FromResult(new Dictionary<string, string?> { ["MessageLog:Store"] = "memory" });

    private protected override Task<IMessageLog> SecondAsync() => Task.FromResult(Log);
}
