using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>Clients that send without a pause. Most tests use the default limits.</summary>
[Collection(nameof(Siege))]
public sealed class FloodTests
{
    private static readonly TimeSpan FloodsFor = TimeSpan.FromSeconds(1.5);
    private static readonly ConnectionOptions _bounds = new();

    /// <summary>The minimum time that the gateway must take to read a flood, in seconds.</summary>
    private const int SlowSeconds = 2;

    /// <summary>The frames that clients send again and again while they read nothing.</summary>
    public static TheoryData<string, byte[]> Floods => new()
    {
        { "pings", RawWebSocket.Frame(RawFrame.Ping, default) },
        { "large pings", RawWebSocket.Frame(RawFrame.Ping, new byte[125]) },
        { "unsolicited pongs", RawWebSocket.Frame(RawFrame.Pong, default) },
        { "empty messages", Said("") },
        { "sends", Said("""{"t":"send","id":"1","room":"attic","text":"me, me, me"}""") },
        { "history", Said("""{"t":"history","id":"1","room":"attic"}""") },
        { "lines that are not JSON", Said("me, me, me") },
    };

    [Fact]
    public async Task Flooders_WhenTheyReadNothing_DisturbNobodyElse()
    {
        await using var siege = await Siege.StartAsync();
        siege.Server.Rooms.KeepsCalls = false;
        await siege.HoldsAsync(server => Task.WhenAll(Floods.Select(row => FloodAsync(server, row.Data.Item2))));
    }

    [Fact]
    public async Task EmptyFragments_WhenTheyNeverEnd_DisturbNobodyElse()
    {
        await using var siege = await Siege.StartAsync();
        await siege.HoldsAsync(server => FloodAsync(
            server, RawWebSocket.Frame(RawFrame.Continuation, default, final: false), RawWebSocket.Frame(RawFrame.Text, default, final: false)));
    }

    [Fact]
    public async Task Flood_WhenUncompressed_IsReadNoFasterThanBytesPerSecond()
    {
        await using var siege = await Siege.StartAsync();
        await siege.HoldsAsync(async server =>
        {
            using var client = await EveAsync(server);
            var pongs = Repeated(RawWebSocket.Frame(RawFrame.Pong, new byte[100]), (SlowSeconds + 1) * _bounds.BytesPerSecond);

            // The flood has the bytes that BytesPerSecond allows in three seconds. The gateway reads the bytes of one
            // second at once, so it needs two seconds for the rest.
            Assert.True(await AnswerTimeAsync(client, pongs) > TimeSpan.FromSeconds(SlowSeconds - 0.1), "The gateway read the flood too fast");
        });
    }

    [Fact]
    public async Task Flood_WhenCompressed_IsInflatedNoFasterThanBytesPerSecond()
    {
        await using var siege = await Siege.StartAsync(new() { Deflate = true });
        await siege.HoldsAsync(async server =>
        {
            const int Blanks = 64_000;
            using var client = await EveAsync(server, "Sec-WebSocket-Extensions: permessage-deflate");
            var blanks = Repeated(Compressed(Blanks), Compressed(Blanks).Length * (SlowSeconds + 1) * _bounds.BytesPerSecond / Blanks);

            Assert.True(await AnswerTimeAsync(client, blanks) > TimeSpan.FromSeconds(SlowSeconds - 0.2), "The gateway inflated the flood too fast");
        });
    }

    [Fact]
    public async Task Frames_WhenCompressedBeforeHello_EndTheConnectionWith4500()
    {
        await using var siege = await Siege.StartAsync(new() { Deflate = true });
        await siege.HoldsAsync(async server =>
        {
            using var client = await server.ConnectAsync("/ws?user=eve", Subprotocols.Json, "Sec-WebSocket-Extensions: permessage-deflate");
            await client.SendRawAsync(Repeated(Compressed(64_000), 3 * Compressed(64_000).Length));

            Assert.Contains("before hello", await client.ReceiveLineAsync(), StringComparison.Ordinal);
            Assert.Equal(4500, (await client.ReceiveCloseAsync()).CloseCode);
        });
    }

    [Fact]
    public async Task Errors_WhenTheyNeverEnd_AreChargedLikeCommands()
    {
        const int Burst = 20, PerSecond = 50, Lines = 120;
        await using var siege = await Siege.StartAsync(new() { CommandBurst = Burst, CommandsPerSecond = PerSecond });
        await siege.HoldsAsync(async server =>
        {
            using var client = await EveAsync(server);

            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Lines; i++)
            {
                await client.SendTextAsync("""{"t":"nonsense"}""");
            }

            var limited = 0;
            for (var i = 0; i < Lines; i++)
            {
                limited += (await client.ReceiveLineAsync()).Contains("rate_limited", StringComparison.Ordinal) ? 1 : 0;
            }

            Assert.InRange(Lines - limited, 1, Burst + (PerSecond * Stopwatch.GetElapsedTime(started).TotalSeconds));

            // After the gateway refuses a line, it waits until the next line is allowed. So the gateway refuses at most
            // every second line.
            Assert.InRange(limited, 1, Lines - limited);
        });
    }

    [Fact]
    public async Task Errors_WhenTheyPrecedeHello_EndWith4500AfterSixteen()
    {
        await using var siege = await Siege.StartAsync();
        await siege.HoldsAsync(async server =>
        {
            using var client = await server.ConnectAsync("/ws?user=eve", Subprotocols.Json);
            await client.SendTextAsync(string.Join('\n', Enumerable.Repeat("{}", 40)));

            for (var i = 0; i < 16; i++)
            {
                Assert.Contains("bad_request", await client.ReceiveLineAsync(), StringComparison.Ordinal);
            }

            Assert.Contains("errors before hello", await client.ReceiveLineAsync(), StringComparison.Ordinal);
            Assert.Equal(4500, (await client.ReceiveCloseAsync()).CloseCode);
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
    public async Task Commands_WhenAboveTheAllowance_AreRateLimited(string type, string? answer)
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

            // Sends have their own allowance, so the gateway does not refuse the send below. The send arrives after the
            // other commands, and its answer ends the loop.
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
            Assert.True(answer is null || done == Commands - limited, $"Of {Commands} commands, {done} were done and {limited} refused");
        });
    }

    [Fact]
    public async Task Sends_WhenOverBudget_AreRefusedNoFasterThanCommands()
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

            Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds > (Sends - Burst - 2.0) / PerSecond, "The gateway refused the sends too fast");
        });
    }

    /// <summary>
    /// Sends the same frame for <see cref="FloodsFor"/>, as fast as the gateway reads. Reads nothing, and disconnects
    /// without a close frame.
    /// </summary>
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
            // If the gateway does not read all these frames within FloodsFor, the client disconnects.
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

    /// <summary>
    /// Sends a flood and then a ping. Returns the time from the start of the flood to the answer to the ping.
    /// </summary>
    private static async Task<TimeSpan> AnswerTimeAsync(RawWebSocket client, byte[] flood)
    {
        client.Patience = TimeSpan.FromSeconds(60);
        var started = Stopwatch.GetTimestamp();
        await client.SendRawAsync(flood);
        await client.SendTextAsync("""{"t":"ping","id":"behind it"}""");
        Assert.Contains("behind it", await client.ReceiveLineAsync(), StringComparison.Ordinal);
        return Stopwatch.GetElapsedTime(started);
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

    /// <summary>
    /// Returns a frame of blanks that is compressed without reference to earlier frames (RFC 7692 §7.2.1).
    /// </summary>
    internal static byte[] Compressed(int blanks)
    {
        using var deflated = new MemoryStream();
        using (var deflate = new DeflateStream(deflated, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(Enumerable.Repeat((byte)' ', blanks).ToArray());
            deflate.Flush();
        }

        // The flush ends with the bytes 00 00 FF FF. A sender removes them (RFC 7692 §7.2.1). The code below also
        // removes the bytes that DeflateStream writes after them.
        var payload = deflated.ToArray();
        var frame = RawWebSocket.Frame(RawFrame.Text, payload.AsSpan(0, payload.AsSpan().LastIndexOf<byte>([0x00, 0x00, 0xFF, 0xFF])).ToArray());
        frame[0] |= 0x40;
        return frame;
    }

    private static async Task<RawWebSocket> EveAsync(GatewayServer server, params string[] headers)
    {
        var client = await server.ConnectAsync("/ws?user=eve", Subprotocols.Json, headers);
        await client.SendTextAsync("""{"t":"hello"}""");
        Assert.StartsWith("""{"t":"welcome""", await client.ReceiveLineAsync(), StringComparison.Ordinal);
        return client;
    }

    private static byte[] Said(string text) => RawWebSocket.Frame(RawFrame.Text, Encoding.UTF8.GetBytes(text));
}
