using Microsoft.Extensions.Options;

namespace OrleansChat.Grains.Tests.Log;

/// <summary>A setting that cannot work fails the start, and the message names it.</summary>
public sealed class MessageLogHostingTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "Log:Store", "postgres", "Log:ConnectionString is needed when Log:Store is postgres" },
        { "Log:Store", "7", "Log:Store is sqlite, postgres or memory" },
        { "Log:Path", " ", "Log:Path is needed when Log:Store is sqlite" },
        { "Log:Synchronous", "9", "Log:Synchronous is full or normal" },
        { "Log:MaxRowsPerCommit", "0", "Log:MaxRowsPerCommit" },
        { "Log:WaitingAppends", "0", "Log:WaitingAppends" },
        { "Log:AppendTimeout", "00:00:00", "Log:AppendTimeout" },
        { "Log:CallTimeout", "01:00:00", "Log:CallTimeout" },
        { "Log:ReadConnections", "-1", "Log:ReadConnections" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public async Task Start_WithAWrongSetting_NamesIt(string setting, string value, string expected)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => OpenLog.StartAsync(new KeyValuePair<string, string?>(setting, value)));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithAStoreThatIsNotOne_NamesTheSetting()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => OpenLog.StartAsync(new KeyValuePair<string, string?>("Log:Store", "mongo")));

        Assert.Contains("Log:Store", refused.Message, StringComparison.Ordinal);
    }
}
