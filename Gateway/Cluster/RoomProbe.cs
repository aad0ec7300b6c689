using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Checks in the message log which rooms exist. So if a client resumes a room that does not exist, the gateway does not
/// activate a grain for this room. One call runs at a time. Requests that arrive during a call share the next call, so
/// a reconnect storm causes few reads.
/// </summary>
/// <param name="heads">
/// Reads the heads of the given rooms from the log. A call has at most <see cref="RoomsPerCall"/> rooms. The result has
/// only the rooms that exist.
/// </param>
internal sealed class RoomProbe(Func<string[], Task<RoomHeads>> heads, BackgroundTasks background, TimeProvider time)
{
    private const int RoomsPerCall = 4096;

    /// <summary>
    /// How long to wait for the answer to a call. After this time, the rooms count as existing. If a silo dies and the
    /// call is lost, the call itself takes longer to fail.
    /// </summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource<bool>> _waiting = [];
    private bool _asking;

    /// <summary>
    /// Returns false if the room does not exist. Returns true if the room exists, or if the log could not be read. So
    /// if the result is true, only the room itself knows whether it exists.
    /// </summary>
    public Task<bool> MayExistAsync(string room)
    {
        Task<bool> answer;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(room, out var waiting))
            {
                _waiting[room] = waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            answer = waiting.Task;
            if (_asking)
            {
                return answer;
            }

            _asking = true;
        }

        background.Add(AskAsync());
        return answer;
    }

    private async Task AskAsync()
    {
        await Task.Yield();
        while (Next() is { Length: > 0 } asked)
        {
            HashSet<string>? found = null;
            try
            {
                var call = heads([.. asked.Select(one => one.Room)]);
                call.Ignore();
                found = [.. (await call.WaitAsync(Timeout, time)).Heads.Select(head => head.Room)];
            }
            catch (Exception)
            {
                // Treat the rooms as existing, so that their grains answer. If the log is unavailable, the grains
                // report it.
            }

            foreach (var (room, answer) in asked)
            {
                answer.SetResult(found?.Contains(room) != false);
            }
        }
    }

    private (string Room, TaskCompletionSource<bool> Answer)[] Next()
    {
        lock (_gate)
        {
            (string Room, TaskCompletionSource<bool> Answer)[] next = [.. _waiting.Take(RoomsPerCall).Select(one => (one.Key, one.Value))];
            foreach (var (room, _) in next)
            {
                _waiting.Remove(room);
            }

            _asking = next.Length > 0;
            return next;
        }
    }
}
