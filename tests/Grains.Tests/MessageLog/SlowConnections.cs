using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// A relay in front of a server. It holds the first bytes of each connection for a time, as a busy server does, and
/// then passes everything on at once.
/// </summary>
internal sealed class SlowConnections : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, Task> _passages = [];
    private readonly string _host;
    private readonly int _server;
    private readonly TimeSpan _delay;
    private readonly Task _accepting;

    public SlowConnections(string host, int server, TimeSpan delay)
    {
        (_host, _server, _delay) = (host, server, delay);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port to connect to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Closes all connections. New ones work.</summary>
    public void Cut()
    {
        foreach (var near in _passages.Keys)
        {
            near.Dispose();
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
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync(_stop.Token);
                _passages[near] = PassAsync(near);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(TcpClient near)
    {
        using var far = new TcpClient { NoDelay = true };
        try
        {
            near.NoDelay = true;
            await Task.Delay(_delay, _stop.Token);
            await far.ConnectAsync(_host, _server, _stop.Token);
            await Task.WhenAny(
                near.GetStream().CopyToAsync(far.GetStream(), _stop.Token), far.GetStream().CopyToAsync(near.GetStream(), _stop.Token));
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One side has ended, so the relay closes the other.
        }
        finally
        {
            near.Dispose();
        }
    }
}
