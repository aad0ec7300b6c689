using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>
/// A client may send its first frame together with the upgrade request. Even then, the gateway must answer the request
/// before it answers the frame.
/// </summary>
public sealed class FirstBytesTests
{
    private const int AtOnce = 8;
    private const int Each = 300;

    [Theory]
    [InlineData(Subprotocols.Json, """{"t":"hello"}""")]
    [InlineData(Subprotocols.Text, "hello")]
    public async Task Frames_WhenTheFirstCameWithTheRequest_FollowTheStatus(string subprotocol, string first)
    {
        await using var server = await GatewayServer.StartAsync(most: 10_000);

        var firsts = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(who => FirstBytesAsync(server.Port, $"user-{who}", subprotocol, first)));

        Assert.Equal(AtOnce * Each, firsts.Sum(seen => seen.Count(bytes => bytes == "HTTP/1.1 101")));
    }

    /// <summary>
    /// The gateway must start the hello timer before it handles a frame that arrived with the request, not after it has
    /// answered this frame.
    /// </summary>
    [Fact]
    public async Task Hello_WhenABadFrameCameWithTheRequest_IsDueAfterHelloSeconds()
    {
        var (time, sessions) = (new ManualTime(), new ChatSessionOptions());
        await using var server = await GatewayServer.StartAsync(time: time, sessions: sessions);
        for (var i = 0; i < Each; i++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
            await socket.SendAsync(RequestAndFrame(server.Port, "ann", Subprotocols.Json, "bad"), TestContext.Current.CancellationToken);
            using var stream = new NetworkStream(socket);
            await ReadUntilAsync(stream, "\"err\"");

            time.Advance(sessions.HelloTimeout);

            await ReadUntilAsync(stream, "no hello within");
        }
    }

    private static async Task ReadUntilAsync(NetworkStream stream, string text)
    {
        var (buffer, seen) = (new byte[4096], "");
        while (!seen.Contains(text, StringComparison.Ordinal))
        {
            var read = await Waiting.ForAsync(stream.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask(), $"{text}; received so far: {seen}");
            Assert.NotEqual(0, read);
            seen += Encoding.Latin1.GetString(buffer, 0, read);
        }
    }

    private static byte[] RequestAndFrame(int port, string user, string subprotocol, string frame) => Encoding.Latin1.GetBytes(
        $"GET /ws?user={user} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
        + $"\u0081{(char)(0x80 | frame.Length)}\0\0\0\0{frame}"); // A text frame, masked with zeros.

    /// <summary>
    /// Opens connections one after another. Each sends a frame in the same TCP segment as its upgrade request. Returns
    /// the first bytes of each answer.
    /// </summary>
    private static async Task<List<string>> FirstBytesAsync(int port, string user, string subprotocol, string first)
    {
        var segment = RequestAndFrame(port, user, subprotocol, first);
        var (seen, head) = (new List<string>(), new byte[12]);
        for (var i = 0; i < Each; i++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
            await socket.SendAsync(segment, TestContext.Current.CancellationToken);
            using var stream = new NetworkStream(socket);
            await Waiting.ForAsync(stream.ReadExactlyAsync(head, TestContext.Current.CancellationToken).AsTask(), "the first bytes of the answer");
            seen.Add(Encoding.Latin1.GetString(head));
        }

        return seen;
    }
}
