using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// All connections of this process: limits their number, checks their heartbeats, and ends them together.
/// </summary>
internal sealed class ConnectionSet(IOptions<ConnectionOptions> options, TimeProvider time) : BackgroundService
{
    private readonly ConcurrentDictionary<Connection, bool> _connections = new();
    private readonly WriteQueue[] _writeQueues = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new WriteQueue())];
    private int _nextQueue;
    private Goodbye? _ended;
    private int _count;

    /// <summary>Number of connections, including those that are still being upgraded.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The connections that are not ending.</summary>
    public Connection[] Living => [.. _connections.Keys.Where(connection => !connection.IsEnding)];

    /// <summary>
    /// Returns the write queue for a new connection. There is one write queue per processor, and new connections get
    /// the queues in turn.
    /// </summary>
    public WriteQueue NextWriteQueue() => _writeQueues[(uint)Interlocked.Increment(ref _nextQueue) % _writeQueues.Length];

    /// <summary>
    /// Takes a place for a connection. Disposing the place frees it. Returns null if all places are taken.
    /// </summary>
    public Place? Reserve()
    {
        if (Interlocked.Increment(ref _count) <= options.Value.MaxConnections)
        {
            return new(this);
        }

        Interlocked.Decrement(ref _count);
        return null;
    }

    /// <summary>
    /// Adds a connection. From now on, its heartbeat is checked. After <see cref="EndAll"/>, an added connection ends
    /// at once: it was still being upgraded when the other connections were ended.
    /// </summary>
    public void Add(Connection connection)
    {
        _connections[connection] = true;
        if (Volatile.Read(ref _ended) is { } ended)
        {
            connection.End(ended.Code, ended.Reason);
        }
    }

    public void Remove(Connection connection) => _connections.TryRemove(connection, out _);

    /// <summary>
    /// Ends all connections, and every connection that is added later. Does not wait: each connection closes within
    /// <see cref="ConnectionOptions.CloseTimeout"/>.
    /// </summary>
    public void EndAll(CloseCode code, string reason)
    {
        Interlocked.Exchange(ref _ended, new(code, reason));
        foreach (var (connection, _) in _connections)
        {
            connection.End(code, reason);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Max(0.25, options.Value.Heartbeat.TotalSeconds / 10)), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (connection, _) in _connections)
            {
                connection.CheckHeartbeat();
            }
        }
    }

    internal readonly struct Place(ConnectionSet set) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => Interlocked.Decrement(ref set._count);
    }

    private sealed record Goodbye(CloseCode Code, string Reason);
}
