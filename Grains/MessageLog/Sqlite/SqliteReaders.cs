using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// A pool of connections for reads. Each connection serves one caller at a time, sees the last commit, and never waits
/// for the writer.
/// </summary>
internal sealed class SqliteReaders : IAsyncDisposable
{
    private readonly Channel<SqliteReads> _idle;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly int _count;

    public SqliteReaders(SqliteFile file, MessageLogOptions options, TimeProvider time)
    {
        _timeout = options.CallTimeout;
        _time = time;
        _count = options.ReadConnections;
        _idle = Channel.CreateBounded<SqliteReads>(_count);
        for (var i = 0; i < _count; i++)
        {
            _idle.Writer.TryWrite(file.Guard(() => new SqliteReads(file.OpenForReading())));
        }
    }

    /// <summary>
    /// Reads on a thread-pool thread, because SQLite blocks during disk access and a grain's turn must not block.
    /// </summary>
    public async Task<T> RunAsync<T>(Func<SqliteReads, T> read, CancellationToken cancellationToken)
    {
        var reads = await RentAsync(cancellationToken);
        try
        {
            return await Task.Run(() => read(reads), CancellationToken.None);
        }
        catch (SqliteException exception)
        {
            throw SqliteFaults.InUse(exception);
        }
        finally
        {
            _idle.Writer.TryWrite(reads);
        }
    }

    /// <summary>Waits for the running reads, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < _count; i++)
        {
            (await _idle.Reader.ReadAsync()).Dispose();
        }

        _idle.Writer.TryComplete();
    }

    private async ValueTask<SqliteReads> RentAsync(CancellationToken cancellationToken)
    {
        if (_idle.Reader.TryRead(out var reads))
        {
            return reads;
        }

        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await _idle.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MessageLogUnavailableException(
                $"All {_count} read connections of the message log are busy (MessageLog:ReadConnections).");
        }
        catch (ChannelClosedException)
        {
            throw new MessageLogUnavailableException("The message log is closed.");
        }
    }
}
