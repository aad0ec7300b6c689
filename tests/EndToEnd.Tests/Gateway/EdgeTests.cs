using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Gateway;

/// <summary>
/// A gateway process that reaches the limits of its operating system, or gets an address that it cannot or must not
/// use.
/// </summary>
public sealed class EdgeTests(EdgeTests.LoneSilo silo) : IClassFixture<EdgeTests.LoneSilo>
{
    private const long MaxKept = 64 * 1024 * 1024;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Gateway_WhenItHasFewDescriptors_SurvivesIdleSockets()
    {
        var port = RunningLocalCluster.FreePorts(1);
        await using var gateway = Start(port, "ulimit -n 400 && exec \"$0\"");
        await ListensAsync(gateway, port);
        Assert.Contains("Http:Sockets is 50 instead of 10000, and Connections:MaxConnections 150 instead of 100000", await gateway.LineAsync("may have 400 open files", Soon), StringComparison.Ordinal);
        await gateway.LineAsync("Identity:Mode is Development: clients choose their user id", Soon);
        using var ann = await JoinedAsync(port, "ann");

        var before = Resident(gateway.Id);
        var flood = await IdleAsync(port, 740);
        await SendAsync(ann, 300);
        var after = Resident(gateway.Id);
        flood.ForEach(socket => socket.Dispose());

        Assert.False(gateway.HasEnded);
        Assert.True(after - before < MaxKept, $"The gateway used {before} bytes before the flood, and {after} during it.");
        await ListensAsync(gateway, port);
        using var bob = await JoinedAsync(port, "bob");
        await SendAsync(bob, 1);
    }

    [Fact]
    public async Task Gateway_WhenAcceptsFail_PausesAndLogsItOnce()
    {
        var port = RunningLocalCluster.FreePorts(1);
        await using var gateway = Start(port, "exec \"$0\"");
        await ListensAsync(gateway, port);
        using var ann = await JoinedAsync(port, "ann");

        // The runtime opens a file for each assembly that it loads. If the runtime cannot open the file, the process
        // ends. So the test first makes the gateway load all its assemblies, and only then limits its open files.
        await SendAsync(ann, 500);
        await LimitAsync(gateway.Id, Directory.GetFiles($"/proc/{gateway.Id}/fd").Length + 20);

        var before = Resident(gateway.Id);
        var flood = await IdleAsync(port, 200);
        await gateway.LineAsync("Accepting connections at ", Soon);
        await SendAsync(ann, 500);
        var after = Resident(gateway.Id);
        flood.ForEach(socket => socket.Dispose());
        await ListensAsync(gateway, port);
        for (var began = Stopwatch.GetTimestamp(); !gateway.Output.Any(line => line.Contains(" works again; ", StringComparison.Ordinal)); await Task.Delay(500, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Soon, $"The gateway did not log within {Soon} that accepting works again.");
            await RunningLocalCluster.ReadyAsync(port);
        }

        Assert.True(after - before < MaxKept, $"The gateway used {before} bytes before the flood, and {after} during it.");
        Assert.Equal(2, gateway.Output.Count(line => line.Contains("Accepting connections at ", StringComparison.Ordinal)));
        using var bob = await JoinedAsync(port, "bob");
        await SendAsync(bob, 1);
    }

    [Fact]
    public async Task Gateway_WhenItsAddressIsTaken_EndsWithTheSettingsName()
    {
        var port = RunningLocalCluster.FreePorts(1);
        using var other = new TcpListener(IPAddress.Loopback, port);
        other.Start();

        await using var gateway = Start(port, "exec \"$0\"");

        Assert.NotEqual(0, await gateway.ExitAsync(Soon));
        var fatal = Assert.Single(gateway.Errors, line => line.StartsWith("fatal: ", StringComparison.Ordinal));
        Assert.Contains("ASPNETCORE_URLS", fatal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Development_WhenOnEveryAddress_EndsWithTheSettingsName()
    {
        var port = RunningLocalCluster.FreePorts(1);
        await using var gateway = Start(port, "ASPNETCORE_URLS=http://0.0.0.0:$1 exec \"$0\"");

        Assert.NotEqual(0, await gateway.ExitAsync(Soon));
        var fatal = Assert.Single(gateway.Errors, line => line.StartsWith("fatal: ", StringComparison.Ordinal));
        Assert.Contains("Identity:AllowDevelopmentOnAnyAddress", fatal, StringComparison.Ordinal);
        await gateway.LineAsync("Identity:Mode is Development", TimeSpan.Zero);
    }

    private ProcessGroup Start(int port, string script) => ProcessGroup.Start("bash", ["-c", script, Built.Gateway, Text(port)], new Dictionary<string, string>
    {
        ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
        ["Identity__Mode"] = "development",
        ["Cluster__ClientPort"] = Text(silo.GatewayPort),
        ["Limits__SendsPerSecond"] = "0",
    });

    private static async Task ListensAsync(ProcessGroup gateway, int port)
    {
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(100, TestContext.Current.CancellationToken))
        {
            try
            {
                if (await RunningLocalCluster.ReadyAsync(port) is HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                Assert.False(gateway.HasEnded, $"The gateway ended: {string.Join('\n', gateway.Output.Concat(gateway.Errors))}");
            }

            Assert.True(Stopwatch.GetElapsedTime(began) < Soon, $"The gateway did not become ready within {Soon}.");
        }
    }

    private static async Task<RawWebSocket> JoinedAsync(int port, string user)
    {
        var client = await RawWebSocket.ConnectAsync(new($"ws://127.0.0.1:{port}/ws?user={user}"), ["orleanschat.v1.json"]);
        client.Patience = TimeSpan.FromSeconds(60);
        await client.SendTextAsync("{\"t\":\"hello\"}\n{\"t\":\"join\",\"id\":\"j\",\"room\":\"garden\"}");
        await LineAsync(client, "\"t\":\"joined\"");
        return client;
    }

    /// <summary>Sends messages one after another. Each send waits for the <c>ok</c> of the previous one.</summary>
    private static async Task SendAsync(RawWebSocket client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var id = Guid.NewGuid().ToString("N");
            await client.SendTextAsync($$"""{"t":"send","id":"{{id}}","room":"garden","text":"hello"}""");
            Assert.Contains("\"t\":\"ok\"", await LineAsync(client, $"\"id\":\"{id}\""), StringComparison.Ordinal);
        }
    }

    private static async Task<string> LineAsync(RawWebSocket client, string with)
    {
        while (true)
        {
            var line = await client.ReceiveLineAsync();
            if (line.Contains(with, StringComparison.Ordinal) && !line.Contains("\"t\":\"ev\"", StringComparison.Ordinal))
            {
                return line;
            }
        }
    }

    /// <summary>
    /// Opens <paramref name="count"/> sockets that send nothing. The operating system completes a connection even if
    /// the gateway has not accepted it, so this method also works while the gateway accepts nothing.
    /// </summary>
    private static async Task<List<Socket>> IdleAsync(int port, int count)
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await Waiting.ForAsync(socket.ConnectAsync(IPAddress.Loopback, port), $"idle connection {i}");
        }

        return sockets;
    }

    private static long Resident(int process)
    {
        using var of = Process.GetProcessById(process);
        return of.WorkingSet64;
    }

    private static async Task LimitAsync(int process, int files)
    {
        using var limiting = Process.Start("prlimit", ["--pid", Text(process), $"--nofile={files}:"]);
        await limiting.WaitForExitAsync();
        Assert.Equal(0, limiting.ExitCode);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public sealed class LoneSilo : IAsyncLifetime
    {
        private readonly int _ports = RunningLocalCluster.FreePorts(3);
        private ProcessGroup? _silo;

        public int GatewayPort => _ports + 1;

        public ValueTask InitializeAsync()
        {
            _silo = ProcessGroup.Start(Built.Silo, [], new Dictionary<string, string>
            {
                ["MessageLog__Store"] = "memory",
                ["Silo__Port"] = Text(_ports),
                ["Silo__ClientPort"] = Text(GatewayPort),
                ["Silo__HealthPort"] = Text(_ports + 2),
            });
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => _silo!.DisposeAsync();
    }
}
