using Microsoft.Extensions.Options;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>If a setting is invalid, the start fails with a message that names the setting.</summary>
public sealed class MessageLogHostingTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "MessageLog:Store", "postgres", "MessageLog:ConnectionString is required if MessageLog:Store is postgres" },
        { "MessageLog:Store", "7", "MessageLog:Store must be sqlite, postgres or memory" },
        { "MessageLog:Path", " ", "MessageLog:Path is required if MessageLog:Store is sqlite" },
        { "MessageLog:Synchronous", "9", "MessageLog:Synchronous must be full or normal" },
        { "MessageLog:MaxRowsPerCommit", "0", "MessageLog:MaxRowsPerCommit" },
        { "MessageLog:WaitingAppends", "0", "MessageLog:WaitingAppends" },
        { "MessageLog:AppendTimeout", "00:00:00", "MessageLog:AppendTimeout" },
        { "MessageLog:CallTimeout", "01:00:00", "MessageLog:CallTimeout" },
        { "MessageLog:ReadConnections", "-1", "MessageLog:ReadConnections" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public async Task Start_WhenASettingIsInvalid_NamesTheSetting(string setting, string value, string expected)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => OpenLog.StartAsync(new KeyValuePair<string, string?>(setting, value)));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenTheStoreIsUnknown_NamesTheSetting()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => OpenLog.StartAsync(new KeyValuePair<string, string?>("MessageLog:Store", "mongo")));

        Assert.Contains("MessageLog:Store", refused.Message, StringComparison.Ordinal);
    }
}
