using System.Buffers.Binary;
using System.Text;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>Bytes that are not WebSocket frames, and frames that no client may send.</summary>
[Collection(nameof(Siege))]
public sealed class FrameTests
{
    private const int ProtocolBroken = 1002; // RFC 6455 §7.4.1

    private static readonly byte[] _euro = [0xE2, 0x82, 0xAC];

    /// <summary>For each case: its name, the bytes that the client sends, and the close code of the gateway.</summary>
    public static TheoryData<string, byte[], int> Wrong => new()
    {
        { "RSV1, which no extension uses", With(Text("hello"), 0xC1), ProtocolBroken },
        { "RSV2", With(Text("hello"), 0xA1), ProtocolBroken },
        { "RSV3", With(Text("hello"), 0x91), ProtocolBroken },
        { "opcode 3", With(Text("hello"), 0x83), ProtocolBroken },
        { "opcode 15", With(Text("hello"), 0x8F), ProtocolBroken },
        { "not masked", [0x81, 0x05, .. "hello"u8], ProtocolBroken },
        { "a ping of 126 bytes", RawWebSocket.Frame(RawFrame.Ping, new byte[126]), ProtocolBroken },
        { "a ping with a claimed length of 2^16 bytes", Head(0x89, 65_536), ProtocolBroken },
        { "a close of 126 bytes", RawWebSocket.Frame(RawFrame.Close, new byte[126]), ProtocolBroken },
        { "a ping in fragments", RawWebSocket.Frame(RawFrame.Ping, "a"u8, final: false), ProtocolBroken },
        { "a close in fragments", RawWebSocket.Frame(RawFrame.Close, [3, 232], final: false), ProtocolBroken },
        { "a continuation without a first frame", RawWebSocket.Frame(RawFrame.Continuation, "a"u8), ProtocolBroken },
        { "a new text before the last fragment of the previous one", [.. RawWebSocket.Frame(RawFrame.Text, "a"u8, final: false), .. Text("b")], ProtocolBroken },
        { "a close with only one byte of a code", RawWebSocket.Frame(RawFrame.Close, [3]), ProtocolBroken },
        { "a close with code 0", RawWebSocket.Frame(RawFrame.Close, [0, 0]), ProtocolBroken },
        { "a close with code 1005, which no peer may send", RawWebSocket.Frame(RawFrame.Close, [3, 237]), ProtocolBroken },
        { "a length with its highest bit set", Head(0x81, 1UL << 63), ProtocolBroken },
        { "a length of 2^64 - 1", Head(0x81, ulong.MaxValue), ProtocolBroken },
        { "a claimed length of 2^63 - 1, then one byte more than the limit", [.. Head(0x81, long.MaxValue), .. new byte[64 * 1024 + 1]], (int)CloseCode.FrameTooBig },
        { "one byte more than the limit", RawWebSocket.Frame(RawFrame.Text, new byte[64 * 1024 + 1]), (int)CloseCode.FrameTooBig },
        { "a text that is the byte 0xFF", RawWebSocket.Frame(RawFrame.Text, [0xFF]), (int)CloseCode.NotUtf8 },
        { "a text that ends within a character", RawWebSocket.Frame(RawFrame.Text, _euro.AsSpan(0, 2)), (int)CloseCode.NotUtf8 },
        { "an overlong character", RawWebSocket.Frame(RawFrame.Text, [0xC0, 0xAF]), (int)CloseCode.NotUtf8 },
        { "half a surrogate pair", RawWebSocket.Frame(RawFrame.Text, [0xED, 0xA0, 0x80]), (int)CloseCode.NotUtf8 },
        { "a character whose other bytes never arrive", [.. RawWebSocket.Frame(RawFrame.Text, _euro.AsSpan(0, 1), final: false), .. RawWebSocket.Frame(RawFrame.Continuation, "a"u8)], (int)CloseCode.NotUtf8 },
    };

    [Fact]
    public async Task Frame_WhenItIsInvalid_EndsWithItsCloseCode()
    {
        await using var siege = await Siege.StartAsync();
        await siege.HoldsAsync(async server =>
        {
            var told = new List<string>();
            foreach (var row in Wrong)
            {
                var (what, bytes, code) = row.Data;
                using var client = await server.ConnectAsync("/ws?user=eve");
                await client.SendRawAsync(bytes);
                try
                {
                    var close = await Ending(client);
                    if (close?.CloseCode != code)
                    {
                        told.Add($"{what}: {close?.CloseCode.ToString() ?? "no close frame"} instead of {code}");
                    }
                }
                catch (TimeoutException)
                {
                    told.Add($"{what}: no close frame in time instead of {code}");
                }
            }

            Assert.Empty(told);
        });
    }

    [Fact]
    public async Task Text_WhenSplitWithinACharacterOrFrame_ArrivesWhole()
    {
        await using var siege = await Siege.StartAsync();
        await siege.HoldsAsync(async server =>
        {
            using var client = await server.ConnectAsync("/ws?room=attic&user=eve&raw=1");
            await client.SendFrameAsync(RawFrame.Text, _euro.AsMemory(0, 1), final: false);
            await client.SendFrameAsync(RawFrame.Continuation, _euro.AsMemory(1, 1), final: false);
            await client.SendFrameAsync(RawFrame.Continuation, _euro.AsMemory(2));
            Assert.Equal("€", await client.ReceiveLineAsync());
            foreach (var one in Text("slowly"))
            {
                await client.SendRawAsync(new[] { one });
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            Assert.Equal("slowly", await client.ReceiveLineAsync());
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Bytes_WhenRandomOrDamaged_EndOnlyTheirOwnConnection(int seed)
    {
        await using var siege = await Siege.StartAsync(new() { CommandsPerSecond = 0 });
        await siege.HoldsAsync(async server =>
        {
            var random = new Random(seed);
            for (var round = 0; round < 60; round++)
            {
                using var client = await server.ConnectAsync("/ws?room=attic&user=eve", round % 2 == 0 ? Subprotocols.Json : null);
                await client.SendRawAsync(round % 3 == 0 ? Noise(random) : Damaged(random));

                // The gateway may handle these bytes in any way, but the connection must end. If the gateway waits for
                // more bytes, the connection ends when this client stops sending. Otherwise it ends with a close frame.
                await client.SendRawAsync(RawWebSocket.Frame(RawFrame.Close, [3, 232]));
                client.StopSending();
                if (await Ending(client) is { } close)
                {
                    Assert.Contains(close.CloseCode, new[] { 1000, ProtocolBroken, (int)CloseCode.FrameTooBig, (int)CloseCode.NotUtf8, (int)CloseCode.ProtocolError });
                }
            }
        });
    }

    /// <summary>Reads up to the close frame. Returns null if the stream ends without a close frame.</summary>
    private static async Task<RawFrame?> Ending(RawWebSocket client)
    {
        RawFrame? frame;
        do
        {
            frame = await client.ReceiveFrameAsync();
        }
        while (frame is { Opcode: not RawFrame.Close });
        return frame;
    }

    private static byte[] Noise(Random random)
    {
        var noise = new byte[random.Next(1, 2000)];
        random.NextBytes(noise);
        return noise;
    }

    /// <summary>
    /// Returns some frames. Some have a random opcode, and up to three bits of all their bytes are flipped.
    /// </summary>
    private static byte[] Damaged(Random random)
    {
        var frames = new MemoryStream();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var payload = Encoding.UTF8.GetBytes("""{"t":"send","id":"1","room":"attic","text":"grüße"}""")[..random.Next(52)];
            frames.Write(RawWebSocket.Frame(random.Next(3) == 0 ? random.Next(16) : RawFrame.Text, payload, random.Next(4) > 0));
        }

        var bytes = frames.ToArray();
        for (var i = random.Next(4); i > 0; i--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }

    private static byte[] Text(string text) => RawWebSocket.Frame(RawFrame.Text, Encoding.UTF8.GetBytes(text));

    private static byte[] With(byte[] frame, byte first)
    {
        frame[0] = first;
        return frame;
    }

    /// <summary>Returns only the header of a frame. The mask is 0, and the length has eight bytes.</summary>
    private static byte[] Head(byte first, ulong length)
    {
        var head = new byte[14];
        (head[0], head[1]) = (first, 0xFF);
        BinaryPrimitives.WriteUInt64BigEndian(head.AsSpan(2), length);
        return head;
    }
}
