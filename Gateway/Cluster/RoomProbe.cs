using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Checks in the message log which rooms exist, so that a resume or a query for a missing room does not activate a
/// grain for it. One call runs at a time. Rooms that are requested in the meantime share the next call, so the resumes
/// of a reconnect storm cost few reads.
/// </summary>
/// <param name="heads">
/// Gets up to <see cref="RoomsPerCall"/> rooms. Returns the heads of those rooms that exist.
/// </param>
internal sealed class RoomProbe(Func<string[], Task<RoomHeads>> heads, BackgroundTasks background, TimeProvider time)
{
    private const int RoomsPerCall = 4096;

    /// <summary>
    /// How long to wait for a call. A call that was lost with a silo takes longer to fail. Without an answer in this
    /// time, the rooms count as existing.
    /// </summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource<bool>> _waiting = [];
    private bool _asking;

    /// <summary>
    /// Returns false if the room does not exist. Returns true if the room exists, or if the log could not be read. If
    /// the result is true, the caller calls the room itself.
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
                // Let the rooms themselves answer. If the log is unavailable, the rooms report it.
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
