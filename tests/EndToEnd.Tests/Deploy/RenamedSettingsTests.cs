using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansChat.ProcessHosting;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>A configuration that was written for version 0.1.0 works in this version.</summary>
public sealed class RenamedSettingsTests
{
    /// <summary>The settings of version 0.1.0 that had a default, each with its default.</summary>
    private static string[] Before => File.ReadAllLines(Path.Combine(DeployTree.Root, "tests", "EndToEnd.Tests", "Deploy", "settings-0.1.0.txt"));

    [Theory]
    [InlineData("Connections:HeartbeatSeconds", "25", "Connections:Heartbeat", "00:00:25")]
    [InlineData("Fanout:CommandMs", "1500", "Fanout:CommandTimeout", "00:00:01.5000000")]
    [InlineData("Log:Store", "Memory", "MessageLog:Store", "Memory")]
    [InlineData("Cluster:Timings:JoinWithin", "00:01:00", "Cluster:JoinWithin", "00:01:00")]
    public void Setting_WhenItHasItsOldName_HasTheNewOne(string old, string value, string renamed, string now)
    {
        var configuration = Accepted((old, value));

        Assert.Equal(now, configuration[renamed]);
        Assert.Null(configuration[old]);
    }

    [Theory]
    [InlineData("Rooms:TellMs")]
    [InlineData("Cluster:Timings:Probe")]
    [InlineData("Streams:Provider")]
    public void Setting_WhenItWasRemoved_IsIgnored(string removed) => Assert.Null(Accepted((removed, "5"))[removed]);

    [Theory]
    [InlineData("Connections:HeartbeatSeconds", "25", "Connections:Heartbeat", "00:00:25", "Remove Connections:HeartbeatSeconds.")]
    [InlineData("Identity:GraceSeconds", "30 s", "Identity:Issuer", "any", "Use Identity:Grace instead")]
    public void Setting_WhenItsOldNameCannotBeUsed_EndsTheStart(string old, string value, string other, string otherValue, string says)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Accepted((old, value), (other, otherValue)));

        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(SettingsCatalog.Silo), InlineData(SettingsCatalog.Gateway)]
    public void Configuration_WhenItSetsAllThatTheVersionBeforeHad_IsAccepted(string program)
    {
        var configuration = Accepted([.. Before.Select(line => line.Split('=', 2)).Select(pair => (pair[0], pair[1]))]);

        Assert.NotEmpty(Before);

        // A section that this program does not read belongs to the other program.
        Assert.All(SettingsCatalog.Wrong(program, configuration), wrong => Assert.EndsWith("reads no such section.", wrong, StringComparison.Ordinal));
    }

    [Fact]
    public void RemovedSetting_WhenItIsRead_DoesNotExist()
    {
        var paths = SettingsCatalog.Sections.SelectMany(section => section.Settings.Select(setting => setting.Path).Append(section.Name));

        Assert.Empty(SettingsCatalog.Removed.Intersect(paths));
    }

    private static ConfigurationManager Accepted(params (string Name, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.AcceptRenamedSettings();
        return builder.Configuration;
    }
}
