using System.Diagnostics;
using System.Text;
using System.Text.Json;
using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>Clients that say more than anybody can mean. Under the bounds that hold by default.</summary>
[Collection(nameof(Siege))]
public sealed class FloodTests
{
    private static readonly TimeSpan FloodsFor = TimeSpan.FromSeconds(1.5);
    private static readonly ConnectionOptions _bounds = new();

    /// <summary>What is said again and again, by clients that read nothing.</summary>
    public static TheoryData<string, byte[]> Floods => new()
    {
        { "pings", RawWebSocket.Frame(RawFrame.Ping, default) },
        { "large pings", RawWebSocket.Frame(RawFrame.Ping, new byte[125]) },
        { "pongs that nobody asked for", RawWebSocket.Frame(RawFrame.Pong, default) },
        { "empty messages", Said("") },
        { "sends", Said("""{"t":"send","id":"1","room":"attic","text":"me, me, me"}""") },
        { "history", Said("""{"t":"history","id":"1","room":"attic"}""") },
        { "what is no JSON", Said("me, me, me") },
    };

    [Fact]
    public async Task FloodersOfEveryKind_WhoReadNothing_TouchNobodyElse()
    {
        await using var siege = await Siege.StartAsync();
        siege.Server.Rooms.KeepsCalls = false;
        await siege.HoldsAsync(server => Task.WhenAll(Floods.Select(row => FloodAsync(server, row.Data.Item2))));
    }

    [Fact]
    public async Task AnEmptyFragment_ThatIsFollowedByOthersForEver_TouchesNobodyElse()
    {
        await using var siege = await Siege.StartAsync();
        await siege.HoldsAsync(server => FloodAsync(
            server, RawWebSocket.Frame(RawFrame.Continuation, default, final: false), RawWebSocket.Frame(RawFrame.Text, default, final: false)));
    }

    [Fact]
    public async Task AFlooder_IsTakenInNoFasterThanBytesPerSecond()
    {
        await using var siege = await Siege.StartAsync();
        await siege.HoldsAsync(async server =>
        {
            using var client = await EveAsync(server);
            client.Patience = TimeSpan.FromSeconds(60);
            const int Seconds = 2;
            var pongs = Repeated(RawWebSocket.Frame(RawFrame.Pong, new byte[100]), (Seconds + 1) * _bounds.BytesPerSecond);
            var started = Stopwatch.GetTimestamp();
            await client.SendRawAsync(pongs);
            await client.SendTextAsync("""{"t":"ping","id":"behind them"}""");
            Assert.Contains("behind them", await client.ReceiveLineAsync(), StringComparison.Ordinal);

            // A second is there from the start.
            Assert.True(Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(Seconds - 0.1), "it was read at once");
        });
    }

    [Theory]
    [InlineData("ping", "pong")]
    [InlineData("typing", null)]
    [InlineData("who", "who")]
    [InlineData("history", "page")]
    [InlineData("mark", null)]
    [InlineData("join", "joined")]
    [InlineData("auth", "err")]
    public async Task CommandsAboveTheAllowance_AreRateLimited_AndTheConnectionLives(string type, string? answer)
    {
        const int Burst = 20, PerSecond = 50, Commands = 80;
        await using var siege = await Siege.StartAsync(new() { CommandBurst = Burst, CommandsPerSecond = PerSecond });
        await siege.HoldsAsync(async server =>
        {
            using var client = await EveAsync(server);
            await client.SendTextAsync("""{"t":"join","room":"attic"}""");
            await client.ReceiveLineAsync();
            var line = "{\"t\":\"" + type + "\",\"id\":\"1\",\"room\":\"attic\",\"read\":0,\"token\":\"a.b.c\"}";
            var started = Stopwatch.GetTimestamp();
            var sending = Task.WhenAll(Enumerable.Range(0, Commands).Select(_ => client.SendTextAsync(line)));

            // A send is none of these, and comes after them.
            await sending;
            await client.SendTextAsync("""{"t":"send","id":"the end","room":"attic","text":"here"}""");
            var (limited, done) = (0, 0);
            while (true)
            {
                using var told = JsonDocument.Parse(await client.ReceiveLineAsync());
                var (t, id) = (told.RootElement.GetProperty("t").GetString(), told.RootElement.TryGetProperty("id", out var said) ? said.GetString() : null);
                if (id == "the end" && t == "ok")
                {
                    break;
                }

                if (t == "err" && told.RootElement.GetProperty("code").GetString() == "rate_limited")
                {
                    Assert.InRange(told.RootElement.GetProperty("retry").GetInt32(), 1, 1000);
                    limited++;
                }
                else if (t == answer && id == "1")
                {
                    done++;
                }
            }

            var most = Burst + (PerSecond * Stopwatch.GetElapsedTime(started).TotalSeconds);
            Assert.InRange(limited, 1, Commands);
            Assert.InRange(Commands - limited, 1, most);
            Assert.True(answer is null || done == Commands - limited, $"{done} were done and {limited} refused of {Commands}");
        });
    }

    [Fact]
    public async Task SendsThatAreRefused_AreRefusedNoFasterThanCommandsAreTaken()
    {
        const int Burst = 20, PerSecond = 50, Sends = 80;
        await using var siege = await Siege.StartAsync(new() { CommandBurst = Burst, CommandsPerSecond = PerSecond });
        siege.Server.Users.TakesSend = user => ValueTask.FromResult(user == "eve" ? 85 : 0);
        await siege.HoldsAsync(async server =>
        {
            using var client = await EveAsync(server);
            await client.SendTextAsync("""{"t":"join","room":"attic"}""");
            await client.ReceiveLineAsync();
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Sends).Select(n => client.SendTextAsync($$"""{"t":"send","id":"{{n}}","room":"attic","text":"me"}""")));
            for (var n = 0; n < Sends; n++)
            {
                Assert.Contains("\"code\":\"rate_limited\",\"message\":\"rate limited\",\"retry\":85", await client.ReceiveLineAsync(), StringComparison.Ordinal);
            }

            Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds > (Sends - Burst - 2.0) / PerSecond, "they were refused at once");
        });
    }

    /// <summary>Says the same for a while, as fast as it is taken, reads nothing and goes without a word.</summary>
    private static async Task FloodAsync(GatewayServer server, byte[] frame, byte[]? first = null)
    {
        using var client = await EveAsync(server);
        if (first is not null)
        {
            await client.SendRawAsync(first);
        }

        var many = Repeated(frame, 64 * 1024);
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < FloodsFor;)
        {
            // What is not taken in for so long is not waited for: this client is no more patient than it is polite.
            var sending = client.SendRawAsync(many);
            if (await Task.WhenAny(sending, Task.Delay(FloodsFor, TestContext.Current.CancellationToken)) != sending)
            {
                client.Dispose();
                await Assert.ThrowsAnyAsync<Exception>(() => sending);
                return;
            }

            await sending;
        }
    }

    private static byte[] Repeated(byte[] frame, int bytes)
    {
        var many = new byte[frame.Length * (bytes / frame.Length)];
        for (var at = 0; at < many.Length; at += frame.Length)
        {
            frame.CopyTo(many, at);
        }

        return many;
    }

    private static async Task<RawWebSocket> EveAsync(GatewayServer server)
    {
        var client = await server.ConnectAsync("/ws?user=eve", Subprotocols.Json);
        await client.SendTextAsync("""{"t":"hello"}""");
        Assert.StartsWith("""{"t":"welcome""", await client.ReceiveLineAsync(), StringComparison.Ordinal);
        return client;
    }

    private static byte[] Said(string text) => RawWebSocket.Frame(RawFrame.Text, Encoding.UTF8.GetBytes(text));
}
