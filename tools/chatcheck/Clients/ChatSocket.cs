using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// One connection in JSON mode, over the framework's WebSocket. This class shares no code with the gateway, so that a
/// mistake in shared code cannot hide an error.
/// </summary>
internal sealed class ChatSocket : IDisposable
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan ConnectsWithin = TimeSpan.FromSeconds(4);

    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _turn = new(1);

    private ChatSocket(int number) => Number = number;

    /// <summary>The connection's number in the run.</summary>
    public int Number { get; }

    /// <summary>Opens a connection. Returns null if that fails or takes longer than 4 s.</summary>
    /// <param name="number">The connection's number in the run.</param>
    /// <param name="token">A bearer token; null to identify the user by <c>?user=</c>.</param>
    public static async Task<ChatSocket?> TryConnectAsync(int number, Uri gateway, string user, string? token, CancellationToken cancellationToken)
    {
        var address = new UriBuilder(gateway) { Query = token is null ? $"user={Uri.EscapeDataString(user)}" : "" };
        address.Path = address.Path is "/" or "" ? "/ws" : address.Path;

        var chat = new ChatSocket(number);
        chat._socket.Options.AddSubProtocol("orleanschat.v1.json");
        if (token is not null)
        {
            chat._socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ConnectsWithin);
        try
        {
            await chat._socket.ConnectAsync(address.Uri, patience.Token);
            return chat;
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or HttpRequestException)
        {
            chat.Dispose();
            return null;
        }
    }

    /// <summary>
    /// Sends one frame of one or more lines. Safe for concurrent calls. Returns false if the connection has ended.
    /// </summary>
    public async Task<bool> SayAsync(string lines)
    {
        await _turn.WaitAsync();
        try
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes(lines), WebSocketMessageType.Text, true, CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (IsGone(exception))
        {
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Receives frames until the connection ends. Passes their lines to the callback <paramref name="line"/>, one after
    /// another. The memory of a line is valid only until the callback returns.
    /// </summary>
    public async Task HearAsync(Action<ReadOnlyMemory<byte>> line)
    {
        var frame = new ArrayBufferWriter<byte>(16 * 1024);
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(frame.GetMemory(8 * 1024), CancellationToken.None);
                frame.Advance(part.Count);
                if (part.MessageType == WebSocketMessageType.Close || frame.WrittenCount > MaxBytes)
                {
                    return;
                }

                if (part.EndOfMessage)
                {
                    for (var left = frame.WrittenMemory; left.Length > 0;)
                    {
                        var end = left.Span.IndexOf((byte)'\n');
                        if (end != 0)
                        {
                            line(end < 0 ? left : left[..end]);
                        }

                        left = end < 0 ? default : left[(end + 1)..];
                    }

                    frame.ResetWrittenCount();
                }
            }
        }
        catch (Exception exception) when (IsGone(exception))
        {
            // The caller only needs to know that the connection has ended.
        }
    }

    /// <summary>Ends the connection at once, without a close frame.</summary>
    public void Cut() => _socket.Abort();

    public void Dispose() => _socket.Dispose();

    private static bool IsGone(Exception failure) => failure is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException;
}
