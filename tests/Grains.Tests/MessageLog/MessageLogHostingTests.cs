using Microsoft.Extensions.Options;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>If a setting is invalid, the start fails with a message that names the setting.</summary>
public sealed class MessageLogHostingTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "MessageLog:Store", "postgres", "MessageLog:ConnectionString: it is required if MessageLog:Store is Postgres" },
        { "MessageLog:Store", "7", "MessageLog:Store: '7' is not one of Sqlite, Postgres, Memory" },
        { "MessageLog:Path", " ", "MessageLog:Path: it is required if MessageLog:Store is Sqlite" },
        { "MessageLog:Synchronous", "9", "MessageLog:Synchronous: '9' is not one of Full, Normal" },
        { "MessageLog:Store", "mongo", "MessageLog:Store: 'mongo' is not one of" },
        { "MessageLog:WaitingAppends", "5", "MessageLog:WaitingAppends: there is no such setting" },
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
}
