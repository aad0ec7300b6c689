using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Silo;

/// <summary>A silo with an unusable setting does not start, and its error names the setting.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("Silo__Port", "0", "Silo:Port")]
    [InlineData("Silo__Prot", "11111", "Silo:Prot")]
    [InlineData("Silo__Address", "localhost", "Silo:Address")]
    [InlineData("Silo__Address", "10.0.0.1", "Silo:Address")]
    [InlineData("Cluster__Store", "etcd", "Cluster:Store")]
    [InlineData("Cluster__Store", "1", "Cluster:Store")]
    [InlineData("MessageLog__Store", "2", "MessageLog:Store")]
    [InlineData("MessageLog__Synchronous", "1", "MessageLog:Synchronous")]
    [InlineData("Process__Lifetime", "1", "Process:Lifetime")]
    [InlineData("Cluster__Store", "postgres", "Cluster:ConnectionString")]
    [InlineData("Cluster__ConnectionString", "Host=localhost", "Cluster:ConnectionString")]
    [InlineData("Cluster__Id", "", "Cluster:Id")]
    [InlineData("Cluster__JoinWithin", "00:31:00", "Cluster:JoinWithin")]
    [InlineData("Rooms__GroupMembers", "0", "Rooms:GroupMembers")]
    [InlineData("Rooms__GroupMember", "5", "Rooms:GroupMember")]
    [InlineData("Connections__HeartbeatSeconds", "soon", "Connections:HeartbeatSeconds")]
    [InlineData("Process__Lifetime", "eternal", "Process:Lifetime")]
    public async Task Silo_WhenASettingIsBad_EndsWithOneLineThatNamesIt(string variable, string value, string named)
    {
        await using var silo = ProcessGroup.Start(Built.Silo, [], new Dictionary<string, string> { [variable] = value });

        Assert.NotEqual(0, await silo.ExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains(named, Assert.Single(silo.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Silo:Port", 0)]
    [InlineData("Silo:ClientPort", 1)]
    [InlineData("Silo:HealthPort", 2)]
    public async Task Silo_WhenAPortIsTaken_EndsWithTheSettingsName(string setting, int at)
    {
        var ports = RunningLocalCluster.FreePorts(3);
        using var other = new TcpListener(IPAddress.Loopback, ports + at);
        other.Start();

        await using var silo = ProcessGroup.Start(Built.Silo, [], new Dictionary<string, string>
        {
            ["MessageLog__Store"] = "memory",
            ["Silo__Port"] = Text(ports),
            ["Silo__ClientPort"] = Text(ports + 1),
            ["Silo__HealthPort"] = Text(ports + 2),
        });

        Assert.NotEqual(0, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.StartsWith($"fatal: {setting}: port {ports + at} of 127.0.0.1 is taken", Assert.Single(silo.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Setting_WhenItHasItsOldName_IsUsedWithAWarning()
    {
        var ports = RunningLocalCluster.FreePorts(3);
        await using var silo = ProcessGroup.Start(Built.Silo, [], new Dictionary<string, string>
        {
            ["Log__Store"] = "memory",
            ["Silo__Port"] = Text(ports),
            ["Silo__GatewayPort"] = Text(ports + 1),
            ["Silo__HealthPort"] = Text(ports + 2),
        });

        await silo.LineAsync("Silo:GatewayPort has been renamed to Silo:ClientPort", TimeSpan.FromSeconds(30));

        await Waiting.UntilAsync(() => IsOpen(ports + 1), $"port {ports + 1} to be open");
        Assert.Contains(silo.Output, line => line.Contains("Log:Store has been renamed to MessageLog:Store", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Setting_WhenBothItsNamesAreSet_EndsTheStart()
    {
        await using var silo = ProcessGroup.Start(
            Built.Silo, [], new Dictionary<string, string> { ["Log__Store"] = "memory", ["MessageLog__Store"] = "memory" });

        Assert.NotEqual(0, await silo.ExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("fatal: Log:Store is the old name of MessageLog:Store, and both are set. Remove Log:Store.", Assert.Single(silo.Errors));
    }

    private static bool IsOpen(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
