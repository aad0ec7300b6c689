using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// This gateway's calls to one room. One call is in flight at a time. Commands that sessions send during a call share
/// the next call, in order. Calls to a busy room are throttled, so that commands that arrive one by one share a call
/// and a commit. If a call fails, its commands are sent again. This is safe: a post has a client id, so a repeated post
/// appends no second event. Any other command has the same result if it is repeated. <see cref="RunAsync"/> lists the
/// steps.
/// </summary>
/// <param name="number">
/// Returns the number of the next call. The gateway numbers its calls to all rooms in one sequence.
/// </param>
/// <param name="presence">
/// Returns the version of the room's last presence update that this gateway has delivered.
/// </param>
/// <param name="synced">Called with the room's answer to a synchronization of attachments.</param>
/// <param name="mayExist">Returns false if the message log has no such room.</param>
/// <param name="mayEnter">
/// Returns false if a user may not enter a private room, or if there is no such room. The arguments are the room, the
/// user, the hashes of the links that the user gave, and the actions that the user's token grants in the room.
/// </param>
internal sealed partial class RoomClient(
    string room, string gateway, IGrainFactory grains, FanoutOptions options, FanoutInstruments instruments, TimeProvider time,
    Func<long> number, Func<PresenceVersion> presence, Action<AttachmentsSynced> synced, Func<string, Task<bool>> mayExist,
    Func<string, string, string[], RoomAction, Task<bool>> mayEnter)
{
    private static readonly Refused TookTooLong = new(
        Refusal.Timeout, "the room did not answer in time; repeat the command with the same id to find out whether it was stored", 1000);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    /// <summary>Minimum age of a call that is repeated when the cluster changes.</summary>
    private static readonly TimeSpan MinAgeToRetry = TimeSpan.FromMilliseconds(500);
    private readonly IRoomGrain _room = grains.GetGrain<IRoomGrain>(room);
    private readonly Lock _gate = new();
    private readonly RoomCommandQueue _commands = new(options, time);
    private readonly RoomAttachments _attachments = new();
    private readonly CallInFlight _call = new(time);
    private bool _running;

    /// <summary>True if no command waits, no call is in flight, and no user is attached.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return !_running && !_attachments.Any;
            }
        }
    }

    /// <summary>True if the room is known to exist, because it has answered with a claim number.</summary>
    public bool IsKnown
    {
        get
        {
            lock (_gate)
            {
                return _attachments.IsKnown;
            }
        }
    }

    /// <summary>True if the room has answered that the user is attached.</summary>
    public bool IsAttached(string user)
    {
        lock (_gate)
        {
            return _attachments.Has(user);
        }
    }

    /// <summary>
    /// Queues a command, or refuses it at once if too many commands wait. One user's queued commands are answered in
    /// order, with one exception: a command that is repeated after a synchronization may be answered after later
    /// commands.
    /// </summary>
    /// <returns>The task of <see cref="RunAsync"/> if this call started it; else a completed task.</returns>
    public Task Send(RoomCommand command, Action<RoomReply> answered)
    {
        lock (_gate)
        {
            if (_commands.TryEnqueue(command, answered))
            {
                return Start();
            }
        }

        answered(new Refused(Refusal.Unavailable, "too many commands are waiting for this room", 1000));
        return Task.CompletedTask;
    }

    /// <summary>
    /// Called when the head poller has read the room's claim number. If the number is newer than the known one and
    /// users are attached, synchronizes the attachments.
    /// </summary>
    public Task OnClaim(long claim)
    {
        lock (_gate)
        {
            return _attachments.OnClaimPolled(claim) ? StartSync() : Task.CompletedTask;
        }
    }

    /// <summary>
    /// Called when a notification has reported that the room has events. If the room was not known to exist and users
    /// are attached, synchronizes the attachments.
    /// </summary>
    public Task OnCreated()
    {
        lock (_gate)
        {
            return _attachments.OnCreated() ? StartSync() : Task.CompletedTask;
        }
    }

    /// <summary>
    /// Called when the room's activation has left its silo, or when this gateway has missed a presence update of the
    /// room. If users are attached and the room may exist, synchronizes the attachments.
    /// </summary>
    public Task SyncAttachments()
    {
        lock (_gate)
        {
            return _attachments.OnUpdateMissed() ? StartSync() : Task.CompletedTask;
        }
    }

    /// <summary>
    /// Called when the cluster has changed. If the call in flight is at least <see cref="MinAgeToRetry"/> old, abandons
    /// and repeats the call. If the call was not lost, the room gets the commands of the call twice. This is safe.
    /// </summary>
    public void RepeatOldCalls()
    {
        if (_call.TryAbandon(MinAgeToRetry))
        {
            instruments.Repeated();
        }
    }

    private Task StartSync()
    {
        _commands.Hurry();
        return Start();
    }

    private Task Start()
    {
        if (_running)
        {
            return Task.CompletedTask;
        }

        _running = true;
        return RunAsync();
    }

    /// <summary>
    /// The loop: calls the room until nothing is left to do.
    /// <list type="number">
    /// <item>If the room is busy, wait until the next call is due, or until enough commands wait.</item>
    /// <item>Take commands: first the commands to repeat, then waiting commands.</item>
    /// <item>End if there is nothing to do.</item>
    /// <item>If needed, synchronize the attachments.</item>
    /// <item>Send the commands, and deliver the answers.</item>
    /// <item>Give up the commands that were queued at least CommandTimeout ago: answer them with a timeout.</item>
    /// <item>If a call failed, wait: 50 ms after the first failure, then twice as long each time, up to 1 s.</item>
    /// </list>
    /// </summary>
    private async Task RunAsync()
    {
        await Task.Yield();
        var delay = FirstDelay;
        List<WaitingCommand> batch = [];
        while (true)
        {
            // Step 1: Wait.
            await GatherAsync(batch);

            // Steps 2 and 3: Take commands, or end.
            if (!Next(batch, out var attached))
            {
                return;
            }

            // Step 4: Synchronize the attachments before the commands are sent, because a room refuses posts of users
            // that it does not know.
            var synced = attached is null || await TrySyncAttachmentsAsync(attached);

            // Step 5: Send the commands, even if step 4 failed. While the message log is unavailable, step 4 fails, but
            // the room can still refuse commands at once.
            var handled = batch.Count == 0 || await TryHandleAsync(batch);

            // Step 6: Answer old commands with a timeout.
            GiveUpOld(batch);
            if (synced && handled)
            {
                delay = FirstDelay;
                continue;
            }

            // Step 7: Wait after a failure.
            await Task.Delay(delay, time);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }
    }

    /// <summary>
    /// If the room is busy, waits until a call is due or enough commands wait. Does not wait if a command must be
    /// repeated or the attachments must be synchronized.
    /// </summary>
    private async ValueTask GatherAsync(List<WaitingCommand> batch)
    {
        TimeSpan wait = default;
        TaskCompletionSource? due;
        lock (_gate)
        {
            due = batch.Count > 0 || _attachments.MustSync ? null : _commands.BeginWait(out wait);
        }

        if (due is null)
        {
            return;
        }

        using (time.CreateTimer(static due => ((TaskCompletionSource)due!).TrySetResult(), due, wait, Timeout.InfiniteTimeSpan))
        {
            await due.Task;
        }

        lock (_gate)
        {
            _commands.EndWait();
        }
    }

    /// <summary>
    /// Fills the batch with waiting commands, behind the commands to repeat. Returns false if the loop must end because
    /// there is nothing to do.
    /// </summary>
    private bool Next(List<WaitingCommand> batch, out string[]? attached)
    {
        lock (_gate)
        {
            _commands.Take(batch);
            attached = _attachments.BeginSync();
            _running = batch.Count > 0 || attached is not null;
            return _running;
        }
    }

    private async Task<bool> TrySyncAttachmentsAsync(string[] users)
    {
        RoomAction[]? claimed;
        lock (_gate)
        {
            claimed = _attachments.ClaimedBy(users);
        }

        try
        {
            var answer = await _call.WaitAsync(_room.SyncAttachmentsAsync(gateway, users, presence(), number(), claimed));
            instruments.AttachmentsSynced();
            lock (_gate)
            {
                _attachments.OnSynced(answer.Head.Claim);
            }

            synced(answer);
            return true;
        }
        catch (Exception)
        {
            lock (_gate)
            {
                _attachments.OnSyncFailed();
            }

            return false;
        }
    }

    private async Task<bool> TryHandleAsync(List<WaitingCommand> batch)
    {
        var isPrivate = RoomKey.IsPrivate(room);
        if (isPrivate)
        {
            await AnswerOutsidersAsync(batch);
            if (batch.Count == 0)
            {
                return true;
            }
        }

        RoomReplies replies;
        long claim;
        var commands = new RoomCommand[batch.Count];
        for (var i = 0; i < commands.Length; i++)
        {
            commands[i] = batch[i].Command;
        }

        lock (_gate)
        {
            claim = _attachments.ClaimForCall;
        }

        try
        {
            replies = !isPrivate && !IsKnown && UncreatedRoom.Answer(room, commands) is { } absent && await IsAbsentAsync(commands)
                ? new(0, absent)
                : await _call.WaitAsync(_room.HandleAsync(new(gateway, commands, claim, number())));
        }
        catch (Exception)
        {
            return false;
        }

        foreach (var (waiting, reply) in MatchReplies(batch, replies))
        {
            waiting.Answered(reply);
        }

        return true;
    }
}
