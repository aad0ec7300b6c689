namespace OrleansChat.Grains.Tests.Log;

/// <summary>The contract, over the log that keeps nothing.</summary>
public sealed class MemoryLogTests : MessageLogContract
{
    private protected override Task<Dictionary<string, string?>> NewStoreAsync() =>
        Task.FromResult(new Dictionary<string, string?> { ["Log:Store"] = "memory" });

    private protected override Task<Grains.Log.IMessageLog> SecondAsync() => Task.FromResult(Log);
}
