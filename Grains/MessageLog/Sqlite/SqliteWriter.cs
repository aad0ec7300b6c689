using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The thread that makes all writes of this process. SQLite allows one writer at a time, and its calls block during
/// disk access. A dedicated thread keeps blocking calls off the thread pool. All writes go through one queue, so they
/// do not compete for the file's lock.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Queue (<see cref="RunAsync"/>): wait for a place in the bounded queue, then add the work item.</item>
/// <item>Wake (<see cref="Wake"/>): signal the thread.</item>
/// <item>Take (<see cref="TryTake"/>): the thread takes the next work item, or sleeps until one is queued.</item>
/// <item>Execute (<see cref="Carry"/>): the thread executes the work item on its connection and completes the caller's
/// task.</item>
/// </list>
/// </remarks>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private readonly SqliteWrites _writes;
    private readonly Channel<Action> _queue;
    private readonly object _awake = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SqliteWriter(SqliteWrites writes, int bound)
    {
        _writes = writes;
        _queue = Channel.CreateBounded<Action>(new BoundedChannelOptions(bound) { SingleReader = true });
        new Thread(Run) { IsBackground = true, Name = "message log writer" }.Start();
    }

    /// <summary>
    /// Queues the work, and completes when the writer thread has executed it. Cancellation and closing end only the
    /// wait for a place in the queue. Queued work is always executed. Throws the exceptions of
    /// <see cref="SqliteFaults.InUse"/>, and <see cref="MessageLogUnavailableException"/> if the writer is closed.
    /// </summary>
    /// <param name="caller">
    /// If this is <see cref="TaskCreationOptions.None"/> and the caller has no task scheduler, the code after the
    /// caller's await runs on the writer thread, so it must return quickly. The group commit uses this value. Its next
    /// commit is then already queued when the thread looks for work.
    /// </param>
    public async Task<T> RunAsync<T>(
        Func<SqliteWrites, T> work, CancellationToken cancellationToken, TaskCreationOptions caller = TaskCreationOptions.RunContinuationsAsynchronously)
    {
        // Step 1: queue.
        var done = new TaskCompletionSource<T>(caller);
        try
        {
            await _queue.Writer.WriteAsync(() => Carry(work, done), cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new MessageLogUnavailableException("The message log is closed.");
        }

        // Step 2: wake.
        Wake();
        return await done.Task;
    }

    /// <summary>Executes the queued work, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        Wake();
        await _ended.Task;
    }

    private void Wake()
    {
        lock (_awake)
        {
            Monitor.Pulse(_awake);
        }
    }

    /// <summary>
    /// Takes the next work item, and blocks until one is queued. False if the queue is closed and empty. The thread
    /// waits on a monitor, so it sleeps at once. A wait on a task would first spin for longer than many commits take.
    /// </summary>
    private bool TryTake([NotNullWhen(true)] out Action? work)
    {
        lock (_awake)
        {
            while (!_queue.Reader.TryRead(out work))
            {
                if (_queue.Reader.Completion.IsCompleted)
                {
                    return false;
                }

                Monitor.Wait(_awake);
            }
        }

        return true;
    }

    private void Carry<T>(Func<SqliteWrites, T> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(work(_writes));
        }
        catch (SqliteException exception)
        {
            done.SetException(SqliteFaults.InUse(exception));
        }
        catch (Exception exception)
        {
            done.SetException(exception);
        }
    }

    private void Run()
    {
        try
        {
            // Step 3: take. Step 4: execute, because each work item calls Carry.
            while (TryTake(out var work))
            {
                work();
            }

            _writes.Dispose();
            _ended.SetResult();
        }
        catch (Exception exception)
        {
            _ended.SetException(exception);
        }
    }
}
