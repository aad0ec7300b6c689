using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Connections;

/// <summary>A connection over real sockets, talked to by a client that is nobody's framework.</summary>
public sealed class ConnectionTests
{
    /// <summary>More than the system holds for a peer that does not read: the writer waits, and what comes meanwhile waits together.</summary>
    private static readonly string TooMuch = new('x', 4 * 1024 * 1024);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(new ConnectionOptions().HeartbeatSeconds);

    [Fact]
    public async Task WhatWaitsTogether_SharesOneTextFrame_ALineEach()
    {
        await using var server = await ConnectionServer.StartAsync();
        server.Prepare = connection => connection.Outbox.Answer(Encoding.UTF8.GetBytes(TooMuch));
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 4096);
        var outbox = (await server.AcceptedAsync()).Outbox;
        outbox.Answer("one"u8.ToArray());
        outbox.TryPost("two"u8.ToArray(), null, 0);
        outbox.TryPost(default, null, 0);
        outbox.Answer("three"u8.ToArray());
        Assert.Equal(TooMuch, await client.ReceiveTextAsync());
        Assert.Equal("one\ntwo\nthree", await client.ReceiveTextAsync());
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(125, true)]
    [InlineData(126, false)]
    [InlineData(126, true)]
    [InlineData(65_535, true)]
    [InlineData(65_536, true)]
    [InlineData(1_600_000, false)]
    [InlineData(1_600_000, true)]
    public async Task AText_OfAnyLength_ArrivesWhole_ByWayOfTheServer_OrAfterThePeerSpokeIntoItsSocket(int length, bool speaks)
    {
        await using var server = await ConnectionServer.StartAsync();
        var text = string.Create(length, length, (into, _) =>
        {
            for (var i = 0; i < into.Length; i++)
            {
                into[i] = (char)('a' + (i % 26));
            }
        });
        var said = Encoding.UTF8.GetBytes(text);
        server.Prepare = connection =>
        {
            if (!speaks)
            {
                connection.Outbox.Answer(said);
            }
        };
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        if (speaks)
        {
            await client.SendTextAsync("and you?");
            await server.ReceivedAsync();
            (await server.AcceptedAsync()).Outbox.Answer(said);
        }

        Assert.Equal(text, await client.ReceiveTextAsync());
    }

    [Fact]
    public async Task OverTls_NothingIsWrittenPastIt()
    {
        using var certificate = ConnectionServer.SelfSigned();
        await using var server = await ConnectionServer.StartAsync(certificate: certificate);
        using var client = new ClientWebSocket();
        client.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.Equals(shown);
        await client.ConnectAsync(server.Address, TestContext.Current.CancellationToken);
        await client.SendAsync("and you?"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        await server.ReceivedAsync();
        (await server.AcceptedAsync()).Outbox.Answer("I am well"u8.ToArray());
        var buffer = new byte[100];
        var heard = await Waiting.ForAsync(client.ReceiveAsync(buffer, TestContext.Current.CancellationToken), "the answer");
        Assert.Equal("I am well", Encoding.UTF8.GetString(buffer, 0, heard.Count));
    }

    [Fact]
    public async Task AClientThatSpoke_AndIsGone_EndsTheConnection_WhateverIsWrittenToIt()
    {
        await using var server = await ConnectionServer.StartAsync();
        using (var client = await RawWebSocket.ConnectAsync(server.Address))
        {
            await client.SendTextAsync("and you?");
            await server.ReceivedAsync();
        }

        var connection = await server.AcceptedAsync();
        for (var i = 0; i < 100; i++)
        {
            connection.Outbox.Answer(new byte[10_000]);
        }

        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Theory]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(1000)]
    public async Task AMessage_AtTheLimit_IsReceived_AndOneByteMoreCloses1009(int limit)
    {
        await using var server = await ConnectionServer.StartAsync(frameBytes: limit);
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await client.SendTextAsync(new string('x', limit));
        Assert.Equal(limit, (await server.ReceivedAsync()).Text.Length);

        await client.SendFrameAsync(RawFrame.Text, new byte[limit / 2], final: false);
        await client.SendFrameAsync(RawFrame.Continuation, new byte[limit]);
        Assert.Equal((int)CloseCode.FrameTooBig, (await client.ReceiveCloseAsync()).CloseCode);
        await client.SendCloseAsync(1009);
        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task ATextThatIsNotUtf8_Closes1007()
    {
        await using var server = await ConnectionServer.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            // Many times: letting go of the socket too early cuts the close frame off, now and then.
            using var client = await RawWebSocket.ConnectAsync(server.Address);
            await client.SendFrameAsync(RawFrame.Text, new byte[] { (byte)'a', 0xFF, (byte)'b' });
            Assert.Equal((int)CloseCode.NotUtf8, (await client.ReceiveCloseAsync()).CloseCode);
        }

        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task AFrameThatIsNotMasked_EndsTheConnection()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await client.SendRawAsync(new byte[] { 0x81, 0x07, 1, 2, 3, 4, 5, 6, 7 });
        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task AMessageInFragments_WithAPingBetween_IsOneMessage()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await client.SendFrameAsync(RawFrame.Text, "hel"u8.ToArray(), final: false);
        await client.SendFrameAsync(RawFrame.Ping, "are you there"u8.ToArray());
        await client.SendFrameAsync(RawFrame.Continuation, default, final: false);
        await client.SendFrameAsync(RawFrame.Continuation, "lo"u8.ToArray());
        Assert.Equal(("hello", false), await server.ReceivedAsync());
        var pong = await client.ReceiveFrameAsync();
        Assert.Equal((RawFrame.Pong, "are you there"), (pong!.Opcode, pong.TextPayload));
    }

    [Fact]
    public async Task AnEmptyMessage_IsAMessage_AndBinaryIsTold()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await client.SendTextAsync("");
        await client.SendFrameAsync(RawFrame.Binary, "b"u8.ToArray());
        Assert.Equal(("", false), await server.ReceivedAsync());
        Assert.Equal(("b", true), await server.ReceivedAsync());
    }

    [Fact]
    public async Task TheClientsClose_IsAnswered_BehindWhatWaits()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        var connection = await server.AcceptedAsync();
        connection.Outbox.Answer("last words"u8.ToArray());
        await client.SendCloseAsync(1001);
        Assert.Equal("last words", await client.ReceiveTextAsync());
        Assert.Equal(1001, (await client.ReceiveCloseAsync()).CloseCode);
        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task TheClientsClose_WithoutACode_IsAnsweredToo()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await client.SendFrameAsync(RawFrame.Close, default);
        await client.ReceiveCloseAsync();
        await client.ReceiveEndAsync();
    }

    [Fact]
    public async Task AClientThatVanishes_IsGone()
    {
        await using var server = await ConnectionServer.StartAsync();
        using (await RawWebSocket.ConnectAsync(server.Address))
        {
            await server.AcceptedAsync();
        }

        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task End_DropsPosts_WritesAnswers_AndClosesWithItsFirstCode()
    {
        await using var server = await ConnectionServer.StartAsync(new() { CloseSeconds = 60 });
        server.Prepare = connection => connection.Outbox.Answer(Encoding.UTF8.GetBytes(TooMuch));
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 4096);
        var connection = await server.AcceptedAsync();
        connection.Outbox.TryPost("an event"u8.ToArray(), null, 0);
        connection.Outbox.Answer("an answer"u8.ToArray());
        connection.End(CloseCode.Replaced, "first");
        connection.End(CloseCode.Kicked, "second");
        connection.Outbox.Answer("too late"u8.ToArray());
        Assert.Equal(TooMuch, await client.ReceiveTextAsync());
        Assert.Equal("an answer", await client.ReceiveTextAsync());
        var close = await client.ReceiveFrameAsync();
        Assert.Equal((RawFrame.Close, 4002, "first"), (close!.Opcode, close.CloseCode, close.CloseReason));
        await client.SendCloseAsync(4002);
        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task AFailureOfWhoeverTalks_IsTold_AndItsConnectionEndsWithAGoodbye()
    {
        await using var server = await ConnectionServer.StartAsync();
        server.Failure = new InvalidOperationException("no");
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await client.SendTextAsync("hello");
        var close = await client.ReceiveCloseAsync();
        Assert.Equal(((int)CloseCode.ServerError, "no"), (close.CloseCode, close.CloseReason));
        await client.SendCloseAsync((int)CloseCode.ServerError);
        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task End_WhenTheClientNeverAnswers_CutsTheSocketAfterItsMoment()
    {
        await using var server = await ConnectionServer.StartAsync(new() { CloseSeconds = 3 });
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        var connection = await server.AcceptedAsync();
        connection.End(CloseCode.Kicked, new string('é', 500));
        var close = await client.ReceiveCloseAsync();
        Assert.Equal(4504, close.CloseCode);
        Assert.InRange(close.Payload.Length, 120, 125);
        await Waiting.ForAsync(server.Over, "the cut", TimeSpan.FromSeconds(10));
        await client.ReceiveEndAsync();
    }

    [Fact]
    public async Task End_WhenTheClientReadsNothing_CutsTheSocketAfterItsMoment()
    {
        await using var server = await ConnectionServer.StartAsync(new() { CloseSeconds = 1, SendBufferBytes = 8 * 1024 });
        server.Prepare = connection =>
        {
            for (var i = 0; i < 200; i++)
            {
                connection.Outbox.Answer(new byte[50_000]);
            }
        };
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 4096);
        (await server.AcceptedAsync()).End(CloseCode.ServiceRestart, "");
        await Waiting.ForAsync(server.Over, "the cut", TimeSpan.FromSeconds(10));
        await Waiting.ForAsync(server.Closed, "the server to let the socket go", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task End_OfAConnectionThatIsGone_DoesNothing()
    {
        // Timers, the drain and the heart may hold on to it for a moment longer.
        await using var server = await ConnectionServer.StartAsync();
        Connection connection;
        using (await RawWebSocket.ConnectAsync(server.Address))
        {
            connection = await server.AcceptedAsync();
        }

        await Waiting.ForAsync(server.Over, "the connection's end");
        connection.Dispose();
        connection.End(CloseCode.ServiceRestart, "too late");
        connection.Beat();
    }

    [Fact]
    public async Task ASilentClient_IsPinged_AndCutAfterTwoHeartbeats()
    {
        var time = new ManualTime();
        await using var server = await ConnectionServer.StartAsync(new() { CloseSeconds = 1 }, time: time);
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        client.AnswersPings = false;
        await server.AcceptedAsync();
        await time.UntilArmedAsync();
        time.Advance(Heartbeat);
        Assert.Equal(RawFrame.Ping, (await client.ReceiveFrameAsync())!.Opcode);
        time.Advance(Heartbeat);
        Assert.Equal((int)CloseCode.NoPong, (await client.ReceiveCloseAsync()).CloseCode);
        await Waiting.ForAsync(server.Over, "the cut");
    }

    [Fact]
    public async Task AClientThatAnswersPings_Lives()
    {
        var time = new ManualTime();
        await using var server = await ConnectionServer.StartAsync(time: time);
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await server.AcceptedAsync();
        await time.UntilArmedAsync();
        for (var pings = 0; pings < 4; pings++)
        {
            time.Advance(Heartbeat);
            Assert.Equal(RawFrame.Ping, (await client.ReceiveFrameAsync())!.Opcode);
            await Waiting.UntilAsync(() => server.LastHeard == time.GetTimestamp(), "the answer to the ping");
        }
    }

    [Fact]
    public async Task AClientThatNeverPongs_ButSpeaks_Lives()
    {
        var time = new ManualTime();
        await using var server = await ConnectionServer.StartAsync(time: time);
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        client.AnswersPings = false;
        await time.UntilArmedAsync();
        for (var pings = 0; pings < 4; pings++)
        {
            await client.SendTextAsync("here");
            await server.ReceivedAsync();
            time.Advance(Heartbeat);
            Assert.Equal(RawFrame.Ping, (await client.ReceiveFrameAsync())!.Opcode);
        }

        (await server.AcceptedAsync()).Outbox.Answer("still here"u8.ToArray());
        Assert.Equal("still here", await client.ReceiveTextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ASlowReader_IsNotCut_WhileItsBytesProgress(bool speaks)
    {
        // One large object, read at a pace at which it takes longer than two heartbeats: pings wait behind it, so only progress is life.
        const int Size = 600_000;
        await using var server = await ConnectionServer.StartAsync(new() { HeartbeatSeconds = 1, SendBufferBytes = 8 * 1024 });
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 8 * 1024);
        client.BytesPerSecond = 120_000;
        if (speaks)
        {
            await client.SendTextAsync("and you?");
            await server.ReceivedAsync();
        }

        (await server.AcceptedAsync()).Outbox.Answer(Encoding.ASCII.GetBytes(new string('x', Size)));
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(Size, (await client.ReceiveTextAsync()).Length);
        Assert.True(Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(3), "the reader was not slow enough to show anything");
    }

    [Fact]
    public async Task Pongs_AmongHeavyOutput_NeverBreakAFrame()
    {
        const int Texts = 3000;
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        var connection = await server.AcceptedAsync();
        var body = new string('y', 700);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Texts; i++)
            {
                while (!connection.Outbox.TryPost(Encoding.ASCII.GetBytes($"{i}:{body}"), null, 0))
                {
                    await connection.Outbox.SpaceAsync(TestContext.Current.CancellationToken);
                }
            }
        }, TestContext.Current.CancellationToken);
        var pinging = Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                await client.SendFrameAsync(RawFrame.Ping, Encoding.ASCII.GetBytes($"ping {i}"));
            }
        }, TestContext.Current.CancellationToken);

        var (texts, pongs) = (0, 0);
        while (texts < Texts || pongs < 500)
        {
            var frame = await client.ReceiveFrameAsync();
            if (frame!.Opcode == RawFrame.Pong)
            {
                Assert.Equal($"ping {pongs++}", frame.TextPayload);
                continue;
            }

            foreach (var line in frame.TextPayload.Split('\n'))
            {
                Assert.Equal($"{texts++}:{body}", line);
            }
        }

        await Task.WhenAll(writing, pinging);
    }

    [Fact]
    public async Task AClientThatPingsAndNeverReads_IsBraked_NotRemembered()
    {
        // By what it does not read alone: without a bound on what it sends.
        await using var server = await ConnectionServer.StartAsync(new() { CommandsPerSecond = 0, BytesPerSecond = 0, SendBufferBytes = 16 * 1024 });
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 8 * 1024);
        const int Pings = 200_000;
        var ping = RawWebSocket.Frame(RawFrame.Ping, new byte[125]);
        var flood = new byte[ping.Length * Pings];
        for (var i = 0; i < Pings; i++)
        {
            ping.CopyTo(flood, i * ping.Length);
        }

        client.Patience = TimeSpan.FromSeconds(60);
        var sending = client.SendRawAsync(flood);
        var all = await Task.WhenAny(sending, Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken)) == sending;
        Assert.False(all, "26 MB of pings were taken in, and as many bytes of pongs wait in memory");

        for (var pongs = 0; pongs < Pings; pongs++)
        {
            Assert.Equal(RawFrame.Pong, (await client.ReceiveFrameAsync())!.Opcode);
        }

        await sending;
    }
}
