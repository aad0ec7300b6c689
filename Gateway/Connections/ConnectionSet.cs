using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <summary>Every connection of this process: their number is bounded, their hearts beat, and they end together.</summary>
internal sealed class ConnectionSet(IOptions<ConnectionOptions> options, TimeProvider time) : BackgroundService
{
    private readonly ConcurrentDictionary<Connection, bool> _connections = new();
    private readonly WriteLane[] _lanes = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new WriteLane())];
    private int _laned;
    private Goodbye? _ended;
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Those whose end has not begun.</summary>
    public Connection[] Living => [.. _connections.Keys.Where(connection => !connection.IsEnding)];

    /// <summary>The lane that a new connection is written in: as many as processors, in turn.</summary>
    public WriteLane NextLane() => _lanes[(uint)Interlocked.Increment(ref _laned) % _lanes.Length];

    /// <summary>Takes a place, which disposing of it gives back. Null where all are taken.</summary>
    public Place? Reserve()
    {
        if (Interlocked.Increment(ref _count) <= options.Value.Most)
        {
            return new(this);
        }

        Interlocked.Decrement(ref _count);
        return null;
    }

    /// <summary>From now on its heart beats. After <see cref="EndAll"/> it ends at once: it was upgrading meanwhile.</summary>
    public void Add(Connection connection)
    {
        _connections[connection] = true;
        if (Volatile.Read(ref _ended) is { } ended)
        {
            connection.End(ended.Code, ended.Reason);
        }
    }

    /// <summary>It is gone.</summary>
    public void Remove(Connection connection) => _connections.TryRemove(connection, out _);

    /// <summary>Says goodbye to all, and to those who come after. They close by themselves, within <see cref="ConnectionOptions.CloseSeconds"/>.</summary>
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
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Max(0.25, options.Value.HeartbeatSeconds / 10.0)), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (connection, _) in _connections)
            {
                connection.Beat();
            }
        }
    }

    /// <summary>A place for one connection.</summary>
    internal readonly struct Place(ConnectionSet set) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => Interlocked.Decrement(ref set._count);
    }

    private sealed record Goodbye(CloseCode Code, string Reason);
}
