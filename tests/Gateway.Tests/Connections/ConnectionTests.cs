using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Tests.Hostile;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Connections;

/// <summary>A connection over real sockets, with a hand-written client.</summary>
public sealed class ConnectionTests
{
    /// <summary>
    /// A text that is larger than the socket buffers, so the writer must wait until the peer reads it. The writer joins
    /// the items that are queued during this wait.
    /// </summary>
    private static readonly string TooMuch = new('x', 4 * 1024 * 1024);

    private static readonly TimeSpan Heartbeat = new ConnectionOptions().Heartbeat;

    [Fact]
    public async Task Writer_WhenItemsWaitTogether_JoinsThemInOneTextFrame()
    {
        await using var server = await ConnectionServer.StartAsync();
        server.Prepare = connection => connection.SendQueue.EnqueueAnswer(Encoding.UTF8.GetBytes(TooMuch));
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 4096);
        var sendQueue = (await server.AcceptedAsync()).SendQueue;

        sendQueue.EnqueueAnswer("one"u8.ToArray());
        sendQueue.TryEnqueue("two"u8.ToArray(), null, 0);
        sendQueue.TryEnqueue(default, null, 0);
        sendQueue.EnqueueAnswer("three"u8.ToArray());

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
    public async Task Answer_WhenOfAnyLength_ArrivesWhole(int length, bool speaks)
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
                connection.SendQueue.EnqueueAnswer(said);
            }
        };
        using var client = await RawWebSocket.ConnectAsync(server.Address);

        if (speaks)
        {
            await client.SendTextAsync("and you?");
            await server.ReceivedAsync();
            (await server.AcceptedAsync()).SendQueue.EnqueueAnswer(said);
        }

        Assert.Equal(text, await client.ReceiveTextAsync());
    }

    [Fact]
    public async Task Answer_WhenTheConnectionUsesTls_ArrivesThroughTls()
    {
        using var certificate = ConnectionServer.SelfSigned();
        await using var server = await ConnectionServer.StartAsync(certificate: certificate);
        using var client = new ClientWebSocket();
        client.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.Equals(shown);
        await client.ConnectAsync(server.Address, TestContext.Current.CancellationToken);

        await client.SendAsync("and you?"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        await server.ReceivedAsync();
        (await server.AcceptedAsync()).SendQueue.EnqueueAnswer("I am well"u8.ToArray());

        var buffer = new byte[100];
        var heard = await Waiting.ForAsync(client.ReceiveAsync(buffer, TestContext.Current.CancellationToken), "the answer");
        Assert.Equal("I am well", Encoding.UTF8.GetString(buffer, 0, heard.Count));
    }

    [Fact]
    public async Task Connection_WhenAnswersAreQueuedAfterTheClientLeft_Ends()
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
            connection.SendQueue.EnqueueAnswer(new byte[10_000]);
        }

        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Theory]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(1000)]
    public async Task Message_WhenLongerThanTheLimit_EndsWith1009(int limit)
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
    public async Task Text_WhenItIsNotUtf8_EndsWith1007()
    {
        await using var server = await ConnectionServer.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            // If the server released the socket too early, the close frame would be lost, but not every time. So the
            // test makes 50 attempts.
            using var client = await RawWebSocket.ConnectAsync(server.Address);
            await client.SendFrameAsync(RawFrame.Text, new byte[] { (byte)'a', 0xFF, (byte)'b' });
            Assert.Equal((int)CloseCode.NotUtf8, (await client.ReceiveCloseAsync()).CloseCode);
        }

        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task Frame_WhenItIsNotMasked_EndsTheConnection()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);

        await client.SendRawAsync(new byte[] { 0x81, 0x07, 1, 2, 3, 4, 5, 6, 7 });

        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task Message_WhenAPingIsBetweenItsFragments_ArrivesAsOne()
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
    public async Task Message_WhenEmptyOrBinary_ArrivesWithItsType()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);

        await client.SendTextAsync("");
        await client.SendFrameAsync(RawFrame.Binary, "b"u8.ToArray());

        Assert.Equal(("", false), await server.ReceivedAsync());
        Assert.Equal(("b", true), await server.ReceivedAsync());
    }

    [Fact]
    public async Task Close_WhenTheClientSendsIt_IsAnsweredAfterTheQueuedItems()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        var connection = await server.AcceptedAsync();

        connection.SendQueue.EnqueueAnswer("last words"u8.ToArray());
        await client.SendCloseAsync(1001);

        Assert.Equal("last words", await client.ReceiveTextAsync());
        Assert.Equal(1001, (await client.ReceiveCloseAsync()).CloseCode);
        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task Close_WhenItHasNoCode_IsAnswered()
    {
        await using var server = await ConnectionServer.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(server.Address);

        await client.SendFrameAsync(RawFrame.Close, default);

        await client.ReceiveCloseAsync();
        await client.ReceiveEndAsync();
    }

    [Fact]
    public async Task Connection_WhenTheClientLeavesWithoutAClose_Ends()
    {
        await using var server = await ConnectionServer.StartAsync();
        using (await RawWebSocket.ConnectAsync(server.Address))
        {
            await server.AcceptedAsync();
        }

        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Theory]
    [InlineData("a frame that is too large", (int)CloseCode.FrameTooBig)]
    [InlineData("the server", (int)CloseCode.Kicked)]
    public async Task End_WhenThePeerGoesOnCompressed_InflatesNoMore(string end, int code)
    {
        // The connection may inflate 1 MiB per second. The clock stands still, so the connection may inflate only the
        // first 1 MiB of the 8 MiB that the client sends. Compressed, the 8 MiB are only a few KiB.
        const int Blanks = 64_000, Frames = 128;
        await using var server = await ConnectionServer.StartAsync(new() { Deflate = true, CloseTimeout = TimeSpan.FromSeconds(60) }, frameBytes: Blanks, time: new ManualTime());
        using var client = await RawWebSocket.ConnectAsync(server.Address, headers: ["Sec-WebSocket-Extensions: permessage-deflate"]);
        var connection = await server.AcceptedAsync();
        if (end == "the server")
        {
            connection.End(CloseCode.Kicked, "");
        }
        else
        {
            await client.SendRawAsync(FloodTests.Compressed(Blanks + 1));
        }

        for (var i = 0; i < Frames; i++)
        {
            await client.SendRawAsync(FloodTests.Compressed(Blanks));
        }

        client.StopSending();

        Assert.Equal(code, (await client.ReceiveCloseAsync()).CloseCode);
        await Waiting.ForAsync(server.Over, "the connection to discard what the peer had sent");
        await client.ReceiveEndAsync();
    }

    [Fact]
    public async Task End_WhenCalledTwice_DropsPostsAndClosesWithTheFirstCode()
    {
        await using var server = await ConnectionServer.StartAsync(new() { CloseTimeout = TimeSpan.FromSeconds(60) });
        server.Prepare = connection => connection.SendQueue.EnqueueAnswer(Encoding.UTF8.GetBytes(TooMuch));
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 4096);
        var connection = await server.AcceptedAsync();
        connection.SendQueue.TryEnqueue("an event"u8.ToArray(), null, 0);
        connection.SendQueue.EnqueueAnswer("an answer"u8.ToArray());

        connection.End(CloseCode.Replaced, "first");
        connection.End(CloseCode.Kicked, "second");
        connection.SendQueue.EnqueueAnswer("too late"u8.ToArray());

        Assert.Equal(TooMuch, await client.ReceiveTextAsync());
        Assert.Equal("an answer", await client.ReceiveTextAsync());
        var close = await client.ReceiveFrameAsync();
        Assert.Equal((RawFrame.Close, 4002, "first"), (close!.Opcode, close.CloseCode, close.CloseReason));
        await client.SendCloseAsync(4002);
        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task Handler_WhenItThrows_EndsTheConnectionWith4004()
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
    public async Task End_WhenTheClientNeverAnswers_ClosesTheSocketAfterCloseSeconds()
    {
        await using var server = await ConnectionServer.StartAsync(new() { CloseTimeout = TimeSpan.FromSeconds(3) });
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        var connection = await server.AcceptedAsync();

        connection.End(CloseCode.Kicked, new string('é', 500));

        var close = await client.ReceiveCloseAsync();
        Assert.Equal(4504, close.CloseCode);
        Assert.InRange(close.Payload.Length, 120, 125);
        await Waiting.ForAsync(server.Over, "the end of the connection", TimeSpan.FromSeconds(10));
        await client.ReceiveEndAsync();
    }

    [Fact]
    public async Task End_WhenCalledAgain_DoesNotExtendCloseSeconds()
    {
        await using var server = await ConnectionServer.StartAsync(new() { CloseTimeout = TimeSpan.FromSeconds(1) });
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        var connection = await server.AcceptedAsync();

        await Waiting.UntilAsync(
            () =>
            {
                connection.End(CloseCode.Kicked, "");
                return server.Over.IsCompleted;
            },
            "the end of the connection, although the test calls End again and again");

        Assert.Equal((int)CloseCode.Kicked, (await client.ReceiveCloseAsync()).CloseCode);
    }

    [Fact]
    public async Task End_WhenTheClientReadsNothing_ClosesTheSocketAfterCloseSeconds()
    {
        await using var server = await ConnectionServer.StartAsync(new() { CloseTimeout = TimeSpan.FromSeconds(1), SendBufferBytes = 8 * 1024 });
        server.Prepare = connection =>
        {
            for (var i = 0; i < 200; i++)
            {
                connection.SendQueue.EnqueueAnswer(new byte[50_000]);
            }
        };
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 4096);

        (await server.AcceptedAsync()).End(CloseCode.ServiceRestart, "");

        await Waiting.ForAsync(server.Over, "the end of the connection", TimeSpan.FromSeconds(10));
        await Waiting.ForAsync(server.Closed, "the server to release the socket", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task End_WhenTheConnectionIsDisposed_DoesNothing()
    {
        // Timers, the drain and the heartbeat may use the connection for a short time after its end.
        await using var server = await ConnectionServer.StartAsync();
        Connection connection;
        using (await RawWebSocket.ConnectAsync(server.Address))
        {
            connection = await server.AcceptedAsync();
        }

        await Waiting.ForAsync(server.Over, "the connection's end");

        connection.Dispose();
        connection.End(CloseCode.ServiceRestart, "too late");
        connection.CheckHeartbeat();
    }

    [Fact]
    public async Task EndWhenAnswered_WhenAFrameIsHandled_WaitsForItsHandler()
    {
        await using var server = await ConnectionServer.StartAsync();
        var handler = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Handling = handler.Task;
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        var connection = await server.AcceptedAsync();
        await client.SendTextAsync("hello");
        await server.ReceivedAsync();

        var ending = connection.EndWhenAnsweredAsync(CloseCode.ServiceRestart, "", null, TestContext.Current.CancellationToken);
        Assert.Equal((true, false), (connection.IsWaitingForAnswers, connection.IsEnding));
        handler.SetResult();

        await Waiting.ForAsync(ending, "EndWhenAnsweredAsync to return after the handler");
        Assert.Equal((false, true), (connection.IsWaitingForAnswers, connection.IsEnding));
        Assert.Equal((int)CloseCode.ServiceRestart, (await client.ReceiveCloseAsync()).CloseCode);
    }

    [Fact]
    public async Task End_WhenAnswersAreAwaited_EndsAtOnceWithItsOwnCode()
    {
        await using var server = await ConnectionServer.StartAsync();
        var handler = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Handling = handler.Task;
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        var connection = await server.AcceptedAsync();
        await client.SendTextAsync("hello");
        await server.ReceivedAsync();
        var ending = connection.EndWhenAnsweredAsync(CloseCode.ServiceRestart, "", null, TestContext.Current.CancellationToken);

        connection.End(CloseCode.Kicked, "");

        Assert.Equal((int)CloseCode.Kicked, (await client.ReceiveCloseAsync()).CloseCode);
        handler.SetResult();
        await Waiting.ForAsync(ending, "the handler's return");
        await client.SendCloseAsync((int)CloseCode.Kicked);
        await client.ReceiveEndAsync();
        await Waiting.ForAsync(server.Over, "the connection's end");
    }

    [Fact]
    public async Task Connection_WhenTheClientIsSilent_EndsWith4001AfterTwoHeartbeats()
    {
        var time = new ManualTime();
        await using var server = await ConnectionServer.StartAsync(new() { CloseTimeout = TimeSpan.FromSeconds(1) }, time: time);
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        client.AnswersPings = false;
        await server.AcceptedAsync();
        await time.UntilArmedAsync();

        time.Advance(Heartbeat);
        Assert.Equal(RawFrame.Ping, (await client.ReceiveFrameAsync())!.Opcode);

        time.Advance(Heartbeat);
        Assert.Equal((int)CloseCode.NoPong, (await client.ReceiveCloseAsync()).CloseCode);
        await Waiting.ForAsync(server.Over, "the end of the connection");
    }

    [Fact]
    public async Task Connection_WhenTheClientAnswersPings_StaysOpen()
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
    public async Task Connection_WhenTheClientSendsTextButNoPongs_StaysOpen()
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

        (await server.AcceptedAsync()).SendQueue.EnqueueAnswer("still here"u8.ToArray());
        Assert.Equal("still here", await client.ReceiveTextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connection_WhenASlowReaderMakesProgress_StaysOpen(bool speaks)
    {
        // The client needs more than two heartbeats to read one large text. The server's pings wait behind this text.
        // So the server knows that the client is alive only because the client keeps reading.
        const int Size = 600_000;
        await using var server = await ConnectionServer.StartAsync(new() { Heartbeat = TimeSpan.FromSeconds(1), SendBufferBytes = 8 * 1024 });
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 8 * 1024);
        client.BytesPerSecond = 120_000;
        if (speaks)
        {
            await client.SendTextAsync("and you?");
            await server.ReceivedAsync();
        }

        (await server.AcceptedAsync()).SendQueue.EnqueueAnswer(Encoding.ASCII.GetBytes(new string('x', Size)));
        var started = Stopwatch.GetTimestamp();

        Assert.Equal(Size, (await client.ReceiveTextAsync()).Length);
        Assert.True(Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(3), "The client read too fast, so the test proves nothing.");
    }

    [Fact]
    public async Task Pongs_WhenTheOutputIsHeavy_StayBetweenFrames()
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
                while (!connection.SendQueue.TryEnqueue(Encoding.ASCII.GetBytes($"{i}:{body}"), null, 0))
                {
                    await connection.SendQueue.SpaceAsync(TestContext.Current.CancellationToken);
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
    public async Task Connection_WhenPongsAreNotRead_StopsReadingPings()
    {
        // The options do not limit the input, so only the unread pongs can make the server stop reading.
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

        Assert.False(all, "The server read 26 MB of pings, and as many bytes of pongs wait in memory");

        for (var pongs = 0; pongs < Pings; pongs++)
        {
            var frame = (await client.ReceiveFrameAsync())!;
            if (frame.Opcode == RawFrame.Ping)
            {
                // On a busy machine the client reads for longer than a heartbeat, so the server also sends a ping.
                frame = (await client.ReceiveFrameAsync())!;
            }

            Assert.Equal(RawFrame.Pong, frame.Opcode);
        }

        await sending;
    }
}
