using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Hostile;

/// <summary>
/// Hostile input to the whole system. The tests in Gateway.Tests send hostile frames, lines and requests to a gateway
/// without a cluster.
/// </summary>
[Collection(nameof(HostileTests))]
public sealed class HostileTests
{
    private const long MaxKept = 50 * 1024 * 1024;
    private const string Json = "orleanschat.v1.json";

    /// <summary>The pause after each send. It keeps a user below the limit of 10 sends per second.</summary>
    private static readonly TimeSpan TalkPause = TimeSpan.FromMilliseconds(110);

    [Fact]
    public async Task Gateway_WhenCrowdsAndFloodsAttack_StillServesOtherUsers()
    {
        // The attackers create many rooms, so the limit on created rooms per user is off.
        await using var gateway = await GatewayHere.StartAsync(new Dictionary<string, string> { ["Rooms__CreatesPerUser"] = "0" });
        using var ann = await gateway.ConnectAsync("/ws?room=garden&user=ann&raw=1&echo=0");
        using var bob = await gateway.ConnectAsync("/ws?room=garden&user=bob&raw=1");
        bob.Patience = TimeSpan.FromSeconds(60);
        await Talk.ChatAsync(ann, bob, TalkPause, new(canceled: true));
        using var aftermath = new Aftermath();
        using var over = new CancellationTokenSource();
        var chatting = Talk.ChatAsync(ann, bob, TalkPause, over.Token);

        var began = Stopwatch.GetTimestamp();
        await JoinEverythingAsync(gateway);
        Note("joins");
        await Task.WhenAll(FloodAsync(gateway, "sends"), FloodAsync(gateway, "asks"), TooManyAsync(gateway), AskForFilesAsync(gateway));
        Note("floods");

        await over.CancelAsync();
        Assert.True(await chatting > 0, "No message passed between Ann and Bob during the attack.");
        await Waiting.UntilAsync(() => gateway.Connections == 2, "the end of the attackers' connections");
        await Talk.ChatAsync(ann, bob, TalkPause, over.Token);
        await aftermath.ClearsAsync(MaxKept);
        Assert.Empty(gateway.Log.Lines);
        Assert.Empty(gateway.SiloErrors);

        void Note(string what) => TestContext.Current.SendDiagnosticMessage($"{what}: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
    }

    /// <summary>Makes 100,000 joins on 500 connections, and then ends all connections without a close frame.</summary>
    private static async Task JoinEverythingAsync(GatewayHere gateway)
    {
        const int Connections = 500, Rooms = 200;
        var clients = new ConcurrentBag<RawWebSocket>();
        try
        {
            // Let at most 16 attackers connect and join at a time, because the attackers and the gateway run in the
            // same process. With more attackers at a time, the gateway on a slow machine could not renew its lease.
            await Parallel.ForAsync(0, Connections, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (n, _) =>
            {
                var client = await gateway.ConnectAsync($"/ws?user=eve-{n}", Json);
                clients.Add(client);
                await JoinAllAsync(client);
            });
            Assert.Equal(Connections + 2, gateway.Connections);
        }
        finally
        {
            foreach (var client in clients)
            {
                client.Dispose();
            }
        }

        await Waiting.UntilAsync(() => gateway.Connections == 2, "the end of the crowd's connections", TimeSpan.FromSeconds(60));

        static async Task JoinAllAsync(RawWebSocket client)
        {
            client.Patience = TimeSpan.FromSeconds(60);
            await client.SendTextAsync("""{"t":"hello"}""");
            for (var sent = 0; sent < Rooms; sent += 50)
            {
                await client.SendTextAsync(string.Join('\n', Enumerable.Range(sent, 50).Select(room => $$"""{"t":"join","id":"j","room":"room-{{room}}"}""")));
            }

            for (var joined = 0; joined < Rooms;)
            {
                var line = await client.ReceiveLineAsync();
                Assert.DoesNotContain("\"t\":\"err\"", line, StringComparison.Ordinal);
                joined += line.StartsWith("""{"t":"joined""", StringComparison.Ordinal) ? 1 : 0;
            }
        }
    }

    /// <summary>
    /// Sends commands as fast as the connection accepts them. Asserts that the gateway executes some commands, refuses
    /// others with <c>rate_limited</c>, and keeps the connection.
    /// </summary>
    /// <param name="kind"><c>sends</c>, or <c>asks</c> for all other commands.</param>
    private static async Task FloodAsync(GatewayHere gateway, string kind)
    {
        const int Commands = 700;
        using var client = await gateway.ConnectAsync($"/ws?user=flooder-{kind}", Json);
        client.Patience = TimeSpan.FromSeconds(60);
        await client.SendTextAsync("{\"t\":\"hello\"}\n{\"t\":\"join\",\"id\":\"j\",\"room\":\"attic\"}");
        string[] asks = ["who", "history", "typing", "ping", "mark"];
        var sending = SendAsync();
        var (limited, done) = (0, 0);
        for (string line; !(line = await client.ReceiveLineAsync()).Contains("the end", StringComparison.Ordinal);)
        {
            limited += line.Contains("\"code\":\"rate_limited\"", StringComparison.Ordinal) && line.Contains("\"retry\":", StringComparison.Ordinal) ? 1 : 0;
            done += line.Contains("\"t\":\"ok\"", StringComparison.Ordinal) || line.Contains("\"t\":\"pong\"", StringComparison.Ordinal) ? 1 : 0;
        }

        await sending;
        Assert.True(limited > 0, $"The gateway refused none of the commands ({kind}).");
        Assert.True(done > 0, $"The gateway executed none of the commands ({kind}).");

        async Task SendAsync()
        {
            for (var n = 0; n < Commands; n++)
            {
                await client.SendTextAsync(kind == "sends"
                    ? $$"""{"t":"send","id":"{{n}}","room":"attic","text":"me"}"""
                    : $$"""{"t":"{{asks[n % asks.Length]}}","id":"{{n}}","room":"attic","read":0}""");
            }

            // The gateway answers this ping with a pong or an error. Either answer has the id that ends the loop above.
            await client.SendTextAsync("""{"t":"ping","id":"the end"}""");
        }
    }

    /// <summary>Opens more connections than one user may have.</summary>
    private static async Task TooManyAsync(GatewayHere gateway)
    {
        var clients = new List<RawWebSocket>();
        try
        {
            for (var n = 0; n < 15; n++)
            {
                var client = await gateway.ConnectAsync("/ws?user=crowd", Json);
                clients.Add(client);
                await client.SendTextAsync("""{"t":"hello"}""");
                if (n < 10)
                {
                    Assert.StartsWith("""{"t":"welcome""", await client.ReceiveLineAsync(), StringComparison.Ordinal);
                }
                else
                {
                    Assert.Equal(4503, (await client.ReceiveCloseAsync()).CloseCode);
                }
            }
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Requests files outside the page's folder.</summary>
    private static async Task AskForFilesAsync(GatewayHere gateway)
    {
        string[] paths =
        [
            "/../../../../../../etc/passwd", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc/passwd", "/....//....//etc/passwd", "/page/../../appsettings.json",
            "/appsettings.json", "/OrleansChat.Gateway.dll", "//etc/passwd", "/%00", "/page%00.js", "/..%5c..%5cappsettings.json",
        ];
        foreach (var path in paths.Prepend("/"))
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, gateway.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
            var head = new byte[12];
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            var read = await socket.ReceiveAsync(head, timeout.Token);
            var status = Encoding.ASCII.GetString(head, 0, read);
            Assert.True(path == "/" ? status is "HTTP/1.1 200" : status is "HTTP/1.1 404" or "HTTP/1.1 400", $"{path}: {status}");
        }
    }
}

/// <summary>These tests measure the memory of the process, so no other test runs at the same time.</summary>
[CollectionDefinition(nameof(HostileTests), DisableParallelization = true)]
public sealed class HostileTestsAlone;
