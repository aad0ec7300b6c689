using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Streams;

namespace OrleansChat.Gateway.Cluster;

/// <summary>A command that waits for a call to its room.</summary>
/// <param name="Since">Timestamp at which the command was queued.</param>
internal readonly record struct WaitingCommand(RoomCommand Command, Action<RoomReply> Answered, long Since);

/// <summary>
/// The commands that wait for the next call to one room, and the time at which that call is due. Guarded by the lock of
/// the room client.
/// </summary>
internal sealed class RoomCommandQueue(FanoutOptions options, TimeProvider time)
{
    private readonly Queue<WaitingCommand> _waiting = new();
    private readonly BatchThrottle _throttle = new(options.CallInterval, time);

    /// <summary>
    /// The room client waits for this source before it makes the next call; null if the room client is not waiting.
    /// </summary>
    private TaskCompletionSource? _due;

    /// <summary>True if enough commands are waiting. The next call is then due at once.</summary>
    private bool IsEnough => _waiting.Count >= Math.Min(options.CallCommands, Math.Min(options.CommandsPerCall, options.CommandsPerRoom));

    /// <summary>Queues a command. Returns false if too many commands wait.</summary>
    public bool TryEnqueue(RoomCommand command, Action<RoomReply> answered)
    {
        // An exit is queued even if too many commands wait, because the room must get every exit that detaches a user.
        // An exit that declines an invitation detaches nobody.
        if (_waiting.Count >= options.CommandsPerRoom && command is not Exit { Declines: false })
        {
            return false;
        }

        _waiting.Enqueue(new(command, answered, time.GetTimestamp()));
        if (IsEnough)
        {
            Hurry();
        }

        return true;
    }

    /// <summary>
    /// Begins a wait until the next call is due. Returns null if there is no need to wait. Otherwise returns a
    /// source that the caller must complete after <paramref name="wait"/>; <see cref="Hurry"/> may complete it earlier.
    /// When the source is completed, the caller makes the call.
    /// </summary>
    public TaskCompletionSource? BeginWait(out TimeSpan wait)
    {
        wait = _throttle.Wait;
        return _due = wait <= TimeSpan.Zero || _waiting.Count == 0 || IsEnough ? null : new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Ends the wait that <see cref="BeginWait"/> began.</summary>
    public void EndWait() => _due = null;

    /// <summary>Ends the wait for the next call, if there is one. The call is then due now.</summary>
    public void Hurry() => _due?.TrySetResult();

    /// <summary>
    /// Adds waiting commands to the batch for the next call, behind the commands that the batch already has.
    /// </summary>
    public void Take(List<WaitingCommand> batch)
    {
        while (batch.Count < options.CommandsPerCall && _waiting.TryDequeue(out var waiting))
        {
            batch.Add(waiting);
        }

        if (batch.Count > 0)
        {
            // After a call with several commands, the next call waits 1.5 times as long as after a call with one
            // command. The longer wait saves calls, commits and frames.
            _throttle.OnFlushed(batch.Count > 1 ? 1.5 : 1);
        }
    }

    /// <summary>
    /// Removes from the batch the commands that were queued at least CommandTimeout ago, and returns them. The other
    /// commands keep their order. The caller does not need to hold the lock.
    /// </summary>
    public WaitingCommand[] TakeExpired(List<WaitingCommand> batch)
    {
        var maxWait = options.CommandTimeout;
        var count = 0;
        while (count < batch.Count && time.GetElapsedTime(batch[count].Since) >= maxWait)
        {
            count++;
        }

        if (count == 0)
        {
            return [];
        }

        WaitingCommand[] expired = [.. batch[..count]];
        batch.RemoveRange(0, count);
        return expired;
    }
}
