using System.Collections.Concurrent;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Runs the writers of connections that have something to write, one after another on one thread. So if an event is
/// queued for 200 connections that use this write queue, one thread wakes, not 200. A write that must wait for the peer
/// continues outside this queue.
/// </summary>
internal sealed class WriteQueue : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<ConnectionWriter> _due = new();
    private int _running;

    /// <summary>
    /// Queues a writer. A thread of the thread pool soon calls its <see cref="ConnectionWriter.Write"/>.
    /// </summary>
    public void Add(ConnectionWriter writer)
    {
        _due.Enqueue(writer);
        if (Interlocked.Exchange(ref _running, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            while (_due.TryDequeue(out var writer))
            {
                writer.Write();
            }

            // _running is reset before the queue is checked again. If Add queues a writer between the last TryDequeue
            // and the reset, Add finds _running set and schedules nothing. The check after the reset finds this writer.
            Interlocked.Exchange(ref _running, 0);
        }
        while (!_due.IsEmpty && Interlocked.Exchange(ref _running, 1) == 0);
    }
}
