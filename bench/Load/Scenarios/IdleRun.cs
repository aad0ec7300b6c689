using OrleansChat.Load.Peers;

namespace OrleansChat.Load.Scenarios;

/// <summary>Measures the memory that idle connections use in the server process that clients connect to.</summary>
internal static class IdleRun
{
    private const int JoiningAtATime = 16;
    private const int MembersOfARoom = 50;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(12);

    /// <summary>
    /// Returns the resident memory per idle connection, in KiB, of the first process that is not a silo. First connects
    /// 100 clients, so that memory that the process allocates only once does not count. Then connects
    /// <paramref name="connections"/> more and measures the growth. Waits 12 s for garbage collections before each
    /// measurement. The clients are in rooms of 50.
    /// </summary>
    public static async Task<double> RunAsync(IPeer peer, int connections, CancellationToken cancellationToken)
    {
        const int First = 100;
        var front = peer.Processes.First(of => !of.Name.StartsWith("silo", StringComparison.Ordinal)).Pid;
        List<FrameSocket> sockets = [];
        try
        {
            await ConnectAsync(peer, sockets, 0, First, cancellationToken);
            await Task.Delay(Settling, cancellationToken);
            var before = ProcessFigures.ResidentMiB(front);
            await ConnectAsync(peer, sockets, First, connections, cancellationToken);
            await Task.Delay(Settling, cancellationToken);
            return (ProcessFigures.ResidentMiB(front) - before) * 1024 / connections;
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static Task ConnectAsync(IPeer peer, List<FrameSocket> sockets, int from, int count, CancellationToken cancellationToken) => Parallel.ForAsync(
        from, from + count, new ParallelOptions { MaxDegreeOfParallelism = JoiningAtATime, CancellationToken = cancellationToken },
        async (i, cancelled) =>
        {
            var socket = await peer.JoinAsync(i, $"idle-{i / MembersOfARoom}", cancelled);
            lock (sockets)
            {
                sockets.Add(socket);
            }
        });
}
