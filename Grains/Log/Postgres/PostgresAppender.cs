using System.Data;
using Npgsql;

namespace OrleansChat.Grains.Log.Postgres;

/// <summary>The one connection that appends, kept open with its statement prepared, and made anew after a failure. One call at a time.</summary>
internal sealed class PostgresAppender(NpgsqlDataSource source) : ICommitter, IAsyncDisposable
{
    private Session? _session;

    /// <summary>Connects, which also finds tables that are not as the statement needs them.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) => _session = await Session.OpenAsync(source).OrLeaveAsync(cancellationToken);

    public async Task<AppendResult[]> CommitAsync(IReadOnlyList<RoomAppend> appends, CancellationToken cancellationToken)
    {
        try
        {
            if (_session?.IsOpen != true)
            {
                await DisposeAsync();
                await OpenAsync(cancellationToken);
            }

            // It is put back only when all went well. Whatever else happens on its connection, or still runs there in the server, is fenced by the
            // claims that the owners make next.
            var session = _session!;
            _session = null;
            var results = await session.RunAsync(appends).OrLeaveAsync(cancellationToken);
            _session = session;
            return results;
        }
        catch (Exception fault) when (PostgresFaults.IsFault(fault))
        {
            throw PostgresFaults.InUse(fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }

    /// <summary>A connection and its prepared statement. It ends itself when anything fails, whether or not somebody still waits for it.</summary>
    private sealed class Session(NpgsqlConnection connection) : IAsyncDisposable
    {
        private AppendStatement? _statement;

        public bool IsOpen => connection.FullState == ConnectionState.Open;

        public static async Task<Session> OpenAsync(NpgsqlDataSource source)
        {
            var session = new Session(await source.OpenConnectionAsync(CancellationToken.None));
            try
            {
                session._statement = await AppendStatement.PrepareAsync(session.Connection);
                return session;
            }
            catch
            {
                await session.DisposeAsync();
                throw;
            }
        }

        public async Task<AppendResult[]> RunAsync(IReadOnlyList<RoomAppend> appends)
        {
            try
            {
                return await _statement!.RunAsync(appends);
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
