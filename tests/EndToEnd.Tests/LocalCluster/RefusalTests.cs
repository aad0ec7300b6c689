using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace OrleansChat.EndToEnd.Tests.LocalCluster;

/// <summary>If LocalCluster cannot start, it prints one line that says what to do, and no process remains.</summary>
public sealed class RefusalTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(120);

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
    [InlineData("--connection-file", "--connection-file /nowhere", "--store postgres")]
    [InlineData("--connection-file", "--store postgres --connection-file /nowhere/at-all", "cannot be read")]
    [InlineData("--connection-file", "--store postgres --connection a --connection-file b", "one of them")]
    [InlineData("--limits", "--limits maybe", "off or on")]
    [InlineData("--identity", "--identity maybe", "development or tokens")]
    [InlineData("--user", "--user ann", "--identity tokens")]
    [InlineData("--user", "--identity tokens --user guest-b", "'guest-'")]
    [InlineData("--bogus", "--bogus", "--help")]
    public async Task LocalCluster_WhenAnOptionIsBad_EndsWithOneLineOfAdvice(string named, string arguments, string advice)
    {
        var line = await RefusedAsync(arguments.Split(' '));

        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.Contains(advice, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LocalCluster_WhenThePortIsInUse_NamesThePort()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var line = await RefusedAsync("--store", "memory", "--gateways", "1", "--port", port.ToString(CultureInfo.InvariantCulture));

        Assert.Contains($"Port {port} is in use", line, StringComparison.Ordinal);
        Assert.Contains("--port", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LocalCluster_WhenTheDataDirectoryIsAFile_NamesIt()
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
    [Trait("Run", "all")]
    public async Task LocalCluster_WhenPostgresIsUnreachable_NamesTheOption(int silos)
    {
        var nobody = RunningLocalCluster.FreePorts(1);

        var line = await RefusedAsync(
            "--silos", $"{silos}", "--store", "postgres", "--connection", $"Host=127.0.0.1;Port={nobody};Username=chat", "--port", $"{RunningLocalCluster.FreePorts(2)}");

        Assert.Contains("--connection", line, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{nobody}", line, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task LocalCluster_WhenAnotherUserOwnsTheFile_NamesIt()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can start a process as another user.");
        var data = Directory.CreateTempSubdirectory("orleanschat-foreign-");
        try
        {
            var file = Path.Combine(data.FullName, "chat.db");
            await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(data.FullName, (UnixFileMode)0b111_111_111);

            await using var group = ProcessGroup.Start(
                "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", Built.LocalCluster, "--data", data.FullName, "--port", $"{RunningLocalCluster.FreePorts(2)}"]);

            Assert.NotEqual(0, await group.ExitAsync(Soon));
            Assert.Contains($"{file} cannot be written", Assert.Single(group.Errors), StringComparison.Ordinal);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static async Task<string> RefusedAsync(params string[] arguments)
    {
        await using var group = ProcessGroup.Start(Built.LocalCluster, arguments);
        Assert.NotEqual(0, await group.ExitAsync(Soon));
        Assert.Empty(group.Members());
        return Assert.Single(group.Errors);
    }
}
