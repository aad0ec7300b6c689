using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansChat.EndToEnd.Tests.LocalCluster;

/// <summary>What cannot be started: one line says what to do, and nothing is left behind.</summary>
public sealed class RefusalTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("--silos", "--silos 2", "--store postgres")]
    [InlineData("--silos", "--silos 2 --store sqlite", "--store postgres")]
    [InlineData("--silos", "--silos 0", "1 to 16")]
    [InlineData("--silos", "--silos", "--silos")]
    [InlineData("--gateways", "--gateways many", "'many'")]
    [InlineData("--port", "--port 70000", "1 to 65535")]
    [InlineData("--port", "--port 65535 --gateways 2", "65535")]
    [InlineData("--store", "--store oracle", "sqlite or postgres or memory")]
    [InlineData("--store postgres", "--store postgres", "--connection")]
    [InlineData("--connection", "--connection Host=localhost", "--store postgres")]
    [InlineData("--limits", "--limits maybe", "off or on")]
    [InlineData("--identity", "--identity maybe", "development or tokens")]
    [InlineData("--user", "--user ann", "--identity tokens")]
    [InlineData("--user", "--identity tokens --user a@b", "'@'")]
    [InlineData("--bogus", "--bogus", "--help")]
    public async Task BadOption_IsOneLineThatNamesItAndSaysWhatToDo(string named, string arguments, string advice)
    {
        var line = await RefusedAsync(arguments.Split(' '));

        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.Contains(advice, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PortInUse_IsOneLineThatNamesThePort()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var line = await RefusedAsync("--store", "memory", "--gateways", "1", "--port", port.ToString(CultureInfo.InvariantCulture));

        Assert.Contains($"Port {port} is in use", line, StringComparison.Ordinal);
        Assert.Contains("--port", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataDirectoryThatCannotBe_IsOneLineThatNamesIt()
    {
        var file = Path.GetTempFileName();
        try
        {
            var line = await RefusedAsync("--data", file, "--port", $"{RunningLocalCluster.FreePorts(2)}");

            Assert.Contains(file, line, StringComparison.Ordinal);
            Assert.Contains("--data", line, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory, InlineData(1), InlineData(2)]
    public async Task PostgresThatCannotBeReached_IsOneLineThatNamesTheOption(int silos)
    {
        var nobody = RunningLocalCluster.FreePorts(1);

        var line = await RefusedAsync(
            "--silos", $"{silos}", "--store", "postgres", "--connection", $"Host=127.0.0.1;Port={nobody};Username=chat", "--port", $"{RunningLocalCluster.FreePorts(2)}");

        Assert.Contains("--connection", line, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{nobody}", line, StringComparison.Ordinal);
    }

    private static async Task<string> RefusedAsync(params string[] arguments)
    {
        await using var group = ProcessGroup.Start(Built.LocalCluster, arguments);
        Assert.NotEqual(0, await group.ExitAsync(Soon));
        Assert.Empty(group.Members());
        return Assert.Single(group.Errors);
    }
}
