using OrleansChat.Load.Peers;

namespace OrleansChat.Load.Scenarios;

/// <summary>What connections cost that say nothing: memory of the process that holds them.</summary>
internal static class IdleRun
{
    private const int JoiningAtATime = 16;
    private const int MembersOfARoom = 50;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(12);

    /// <summary>
    /// Connects so many, each in a room of fifty, lets garbage be collected, and returns KiB of memory in RAM for each, of the first process
    /// that is no silo. The first hundred are there before the counting, so that what the process needs once does not count.
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
