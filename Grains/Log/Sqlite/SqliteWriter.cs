using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.Log.Sqlite;

/// <summary>
/// The thread that writes. SQLite has one writer at a time and its calls block until the disk has answered: a thread of its own keeps
/// both away from the thread pool, and makes every write of this process one queue instead of a fight for the file's lock.
/// </summary>
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
    /// Runs the work in its turn. Where <paramref name="caller"/> says so, a caller without a scheduler of its own goes on in the writer's
    /// thread, which must be brief: its next work is then there already when the thread looks for it. The token and a closed writer end only
    /// the wait for a place in the queue: what is in it is carried out. Throws what <see cref="SqliteFaults.InUse"/> says.
    /// </summary>
    public async Task<T> RunAsync<T>(
        Func<SqliteWrites, T> work, CancellationToken cancellationToken, TaskCreationOptions caller = TaskCreationOptions.RunContinuationsAsynchronously)
    {
        var done = new TaskCompletionSource<T>(caller);
        try
        {
            await _queue.Writer.WriteAsync(() => Carry(work, done), cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new LogUnavailableException("The message log is closed.");
        }

        Wake();
        return await done.Task;
    }

    /// <summary>Carries out what is queued, then closes the connection.</summary>
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
    /// Blocks until there is work, which is what this thread is for; false where no more comes. A monitor sleeps at once, where a task that is
    /// waited for by blocking spins first, for longer than many a commit takes.
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
        catch (SqliteException fault)
        {
            done.SetException(SqliteFaults.InUse(fault));
        }
        catch (Exception bug)
        {
            done.SetException(bug);
        }
    }

    private void Run()
    {
        try
        {
            while (TryTake(out var work))
            {
                work();
            }

            _writes.Dispose();
            _ended.SetResult();
        }
        catch (Exception bug)
        {
            _ended.SetException(bug);
        }
    }
}
