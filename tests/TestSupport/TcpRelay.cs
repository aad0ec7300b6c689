using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansChat.TestSupport;

/// <summary>
/// A relay in front of a server. It stands for a network that can drop bytes silently, or be down. If one side ends its
/// connection, the relay closes the connection to the other side.
/// </summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Passage, Task> _passages = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Func<NetworkStream, CancellationToken, Task<byte[]?>>? _open;
    private readonly Task _accepting;
    private volatile bool _away;

    /// <param name="host">The host of the server.</param>
    /// <param name="port">The port of the server.</param>
    /// <param name="open">
    /// The relay calls this function for each client, before it connects to the server for this client. The function
    /// returns the first bytes to send to the server, or null if the relay must close the client's connection. If
    /// <paramref name="open"/> is null, every byte passes unchanged.
    /// </param>
    public TcpRelay(string host, int port, Func<NetworkStream, CancellationToken, Task<byte[]?>>? open = null)
    {
        (_host, _port, _open) = (host, port, open);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port that clients connect to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>
    /// Whether the network is down. While it is down, the relay closes all open connections, and closes each new
    /// connection at once.
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

    /// <summary>
    /// Drops all further bytes of the open connections, but does not close these connections. New connections work.
    /// </summary>
    public void Silence()
    {
        foreach (var passage in _passages.Keys)
        {
            passage.Silent = true;
        }
    }

    /// <summary>Closes all connections. New connections work.</summary>
    public void Cut()
    {
        foreach (var passage in _passages.Keys)
        {
            passage.Dispose();
        }
    }

    /// <inheritdoc/>
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
            catch (Exception exception) when (IsEnd(exception))
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
            if ((_open is null ? [] : await _open(passage.Near, _stop.Token)) is { } head)
            {
                await passage.ConnectAsync(_host, _port, _stop.Token);
                await passage.Far.WriteAsync(head, _stop.Token);
                await Task.WhenAny(passage.CopyAsync(passage.Near, passage.Far, _stop.Token), passage.CopyAsync(passage.Far, passage.Near, _stop.Token));
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // One side has ended, or the test is over.
        }
        finally
        {
            passage.Dispose();
        }
    }

    private static bool IsEnd(Exception exception) => exception is IOException or SocketException or OperationCanceledException or InvalidOperationException;

    /// <summary>One connection of a client, and the relay's connection to the server for this client.</summary>
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

        public async Task ConnectAsync(string host, int port, CancellationToken stop)
        {
            near.NoDelay = true;
            await _far.ConnectAsync(host, port, stop);
        }

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
                // A silent network does not forward the end of a connection.
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
