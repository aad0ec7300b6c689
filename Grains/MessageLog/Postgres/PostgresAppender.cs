using System.Data;
using Npgsql;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>
/// A connection for one kind of commit. The connection stays open with its statements prepared, and is replaced after a
/// failure. Allows one call at a time.
/// </summary>
/// <remarks>
/// The connection is in one of four states:
/// <list type="bullet">
/// <item>None: <see cref="_session"/> and <see cref="_connecting"/> are null.</item>
/// <item>Connecting: <see cref="_connecting"/> runs, possibly for a caller that no longer waits.</item>
/// <item>Idle: <see cref="_session"/> is set. The server may have closed the connection.</item>
/// <item>In use: a local variable of <see cref="CommitAsync"/> has the session, and both fields are null. After a
/// success the state is Idle. After a failure or a timeout it is None, and the session is never used again.</item>
/// </list>
/// </remarks>
/// <param name="prepare">Prepares the statements on a new connection.</param>
internal sealed class PostgresAppender(NpgsqlDataSource source, Func<NpgsqlConnection, Task<IPreparedCommit>> prepare) : IAsyncDisposable
{
    private Session? _session;
    private Task<Session>? _connecting;

    /// <summary>
    /// Connects and prepares the statements. The preparation fails if the tables do not fit the statements. If the
    /// caller stops waiting, the work continues, and the next call uses its result.
    /// </summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        // - None: connect.
        // - Connecting or connected for a caller that no longer waits: use that connection.
        // - Connecting failed after its caller stopped waiting: connect again, because the server may work again.
        if (_connecting is { IsCompleted: true, IsCompletedSuccessfully: false })
        {
            _connecting = null;
        }

        var connecting = _connecting ??= Session.OpenAsync(source, prepare);
        try
        {
            _session = await connecting.OrLeaveAsync(cancellationToken);
        }
        finally
        {
            if (connecting.IsCompleted)
            {
                _connecting = null;
            }
        }
    }

    /// <inheritdoc cref="CommitAppends"/>
    public async Task<AppendResult[]> CommitAsync(IReadOnlyList<RoomAppend> appends, CancellationToken cancellationToken)
    {
        try
        {
            // - Idle and open: use the session.
            // - Idle but closed by the server, or None: connect.
            if (_session?.IsOpen != true)
            {
                await CloseAsync();
                await OpenAsync(cancellationToken);
            }

            // The session is kept only after a success. After a failure, work may still run on the connection, here or
            // in the server. The next claims of the rooms' owners fence this work.
            var session = _session!;
            _session = null;
            var results = await session.RunAsync(appends, cancellationToken).OrLeaveAsync(cancellationToken);
            _session = session;
            return results;
        }
        catch (Exception exception) when (PostgresFaults.IsFault(exception))
        {
            throw PostgresFaults.InUse(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (_connecting is { } connecting)
        {
            _connecting = null;
            await connecting.ContinueWith(
                static done => done.IsCompletedSuccessfully ? done.Result.DisposeAsync().AsTask() : Task.FromResult(done.Exception),
                CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();
        }
    }

    private async ValueTask CloseAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }

    /// <summary>
    /// A connection and its prepared statements. It closes itself after a failure, even if no caller waits any more.
    /// </summary>
    private sealed class Session(NpgsqlConnection connection) : IAsyncDisposable
    {
        private IPreparedCommit? _statement;

        public bool IsOpen => connection.FullState == ConnectionState.Open;

        public static async Task<Session> OpenAsync(NpgsqlDataSource source, Func<NpgsqlConnection, Task<IPreparedCommit>> prepare)
        {
            var session = new Session(await source.OpenConnectionAsync(CancellationToken.None));
            try
            {
                session._statement = await prepare(session.Connection);
                return session;
            }
            catch
            {
                await session.DisposeAsync();
                throw;
            }
        }

        /// <param name="gone">Cancelled when the caller stops waiting. The commit continues.</param>
        public async Task<AppendResult[]> RunAsync(IReadOnlyList<RoomAppend> appends, CancellationToken gone)
        {
            try
            {
                var results = await _statement!.RunAsync(appends);
                gone.ThrowIfCancellationRequested(); // No caller will use the session, so the catch block closes it.
                return results;
            }
            catch
            {
                await DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_statement is not null)
            {
                await _statement.DisposeAsync();
            }

            await connection.DisposeAsync();
        }

        private NpgsqlConnection Connection => connection;
    }
}
