using System.Collections.Concurrent;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Connections that have something to write, one after another on one thread. What a room tells two hundred people wakes one thread, not two
/// hundred; and a connection that cannot be written to at once leaves the lane until it can.
/// </summary>
internal sealed class WriteLane : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<Connection> _due = new();
    private int _running;

    /// <summary>Has the connection written.</summary>
    public void Add(Connection connection)
    {
        _due.Enqueue(connection);
        if (Interlocked.Exchange(ref _running, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            while (_due.TryDequeue(out var connection))
            {
                connection.Write();
            }

            Interlocked.Exchange(ref _running, 0);
        }
        while (!_due.IsEmpty && Interlocked.Exchange(ref _running, 1) == 0);
    }
}
