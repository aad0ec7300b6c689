using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// A relay between a browser and a gateway: a network that can fall silent, or a reverse proxy that serves the gateway
/// below a path prefix and removes the prefix.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private const int MaxHeadBytes = 16 * 1024;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Passage, Task> _passages = [];
    private readonly ConcurrentQueue<string> _strays = [];
    private readonly int _gateway;
    private readonly string _prefix;
    private readonly Task _accepting;
    private volatile bool _away;

    /// <param name="gateway">The port of the gateway.</param>
    /// <param name="prefix">
    /// A path such as <c>/chat</c>. Requests below it go to the gateway without it, and all others get 404. If it is
    /// empty, every byte passes unchanged.
    /// </param>
    public Relay(int gateway, string prefix = "")
    {
        (_gateway, _prefix) = (gateway, prefix);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port that the browser connects to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The paths of the requests outside the prefix.</summary>
    public IReadOnlyList<string> Strays => [.. _strays];

    /// <summary>
    /// Drops all further bytes of the open connections, and closes none of them. New connections work.
    /// </summary>
    public void Silence()
    {
        foreach (var passage in _passages.Keys)
        {
            passage.Silent = true;
        }
    }

    /// <summary>
    /// Whether the network is down. If it is, the relay closes all connections, and new ones at once.
    /// </summary>
    public bool Away
    {
        set
        {
            _away = value;
            if (value)
            {
                Cut();
            }
        }
    }

    private void Cut()
    {
        foreach (var passage in _passages.Keys)
        {
            passage.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        await Task.WhenAll(_passages.Values);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Passage passage;
            try
            {
                passage = new(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            _passages[passage] = PassAsync(passage);
            if (_away)
            {
                passage.Dispose();
            }
        }
    }

    private async Task PassAsync(Passage passage)
    {
        try
        {
            var head = _prefix.Length == 0 ? [] : await HeadAsync(passage.Near, _stop.Token);
            if (_prefix.Length > 0 && (head = Stripped(head)).Length == 0)
            {
                await passage.Near.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token);
                return;
            }

            await passage.ConnectAsync(_gateway, _stop.Token);
            await passage.Far.WriteAsync(head, _stop.Token);
            await Task.WhenAny(passage.CopyAsync(passage.Near, passage.Far, _stop.Token), passage.CopyAsync(passage.Far, passage.Near, _stop.Token));
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has ended, so the relay closes the other.
        }
        finally
        {
            passage.Dispose();
        }
    }

    /// <summary>The head without the prefix in its path; empty if the path is outside the prefix.</summary>
    private byte[] Stripped(byte[] head)
    {
        var text = Encoding.Latin1.GetString(head);
        var path = text.Split(' ') is [_, var asked, ..] ? asked : "";
        if (!path.StartsWith($"{_prefix}/", StringComparison.Ordinal))
        {
            _strays.Enqueue(path);
            return [];
        }

        // One request per connection, because the relay reads only the first head.
        return Encoding.Latin1.GetBytes(text
            .Replace($" {path} ", $" {path[_prefix.Length..]} ", StringComparison.Ordinal)
            .Replace("Connection: keep-alive", "Connection: close", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<byte[]> HeadAsync(NetworkStream from, CancellationToken stop)
    {
        List<byte> head = [];
        var one = new byte[1];
        while (head.Count < MaxHeadBytes && await from.ReadAsync(one, stop) == 1)
        {
            head.Add(one[0]);
            if (head is [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
            {
                break;
            }
        }

        return [.. head];
    }

    /// <summary>One connection of the browser, and its connection to the gateway.</summary>
    private sealed class Passage(TcpClient near) : IDisposable
    {
        private readonly TcpClient _far = new() { NoDelay = true };
        private volatile bool _silent;

        public bool Silent
        {
            set => _silent = value;
        }

        public NetworkStream Near { get; } = near.GetStream();

        public NetworkStream Far => _far.GetStream();

        public async Task ConnectAsync(int port, CancellationToken stop) => await _far.ConnectAsync(IPAddress.Loopback, port, stop);

        public async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken stop)
        {
            var bytes = new byte[16 * 1024];
            int read;
            while ((read = await from.ReadAsync(bytes, stop)) > 0)
            {
                if (!_silent)
                {
                    await to.WriteAsync(bytes.AsMemory(0, read), stop);
                }
            }

            if (_silent)
            {
                // A silent network does not pass on the close either.
                await Task.Delay(Timeout.Infinite, stop);
            }
        }

        public void Dispose()
        {
            near.Dispose();
            _far.Dispose();
        }
    }
}
