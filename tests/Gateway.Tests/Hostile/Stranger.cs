using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>A peer on a plain socket, which can send any bytes.</summary>
internal sealed class Stranger : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private Stranger()
    {
    }

    public static async Task<Stranger> ConnectAsync(int port)
    {
        var stranger = new Stranger();
        await stranger._socket.ConnectAsync(IPAddress.Loopback, port);
        return stranger;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends all bytes, as fast as the other end reads.</summary>
    /// <returns>False if the other end closed before everything was sent.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            await _socket.SendAsync(bytes, timeout.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Reads to the end or the reset of the stream. Fails if neither happens within 20 s.</summary>
    public Task<string> ReadToEndAsync() => ReadAsync(_ => false);

    /// <summary>
    /// Reads the first line of the answer. Returns an empty string if the socket closes without an answer. Fails if
    /// neither happens within 20 s.
    /// </summary>
    public async Task<string> ReadHeadAsync() => (await ReadAsync(so => so.Contains('\n', StringComparison.Ordinal))).Split("\r\n")[0];

    private async Task<string> ReadAsync(Func<string, bool> enough)
    {
        using var timeout = new CancellationTokenSource(Patience);
        var (all, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (!enough(all.ToString()) && await _socket.ReceiveAsync(buffer, timeout.Token) is > 0 and var read)
            {
                all.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // A reset also ends the stream.
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Waited {Patience} for the end of the stream. Received so far: {all}");
        }

        return all.ToString();
    }

    /// <summary>Returns the HTTP status of the answer, or 0 if the socket closed without an answer.</summary>
    public async Task<int> StatusAsync()
    {
        var answer = await ReadToEndAsync();
        return answer.Length == 0 ? 0 : int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose() => _socket.Dispose();
}
