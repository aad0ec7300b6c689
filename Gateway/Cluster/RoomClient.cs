using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Streams;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The room client: this gateway's calls to one room. One call is in flight at a time. Commands that sessions send
/// during a call share the next one, in order. Calls to a busy room are throttled, so that commands that arrive one by
/// one share a call and a commit.
/// A call that fails is repeated unchanged. That is safe: posts have client ids, and repeating any other command has
/// the same result. <see cref="RunAsync"/> lists the steps.
/// </summary>
/// <param name="number">Returns the next number of this gateway's calls.</param>
/// <param name="presence">Returns the last presence update that this gateway has delivered.</param>
/// <param name="synced">Called with the room's answer to a synchronization of attachments.</param>
/// <param name="mayExist">Returns false if the message log has no such room.</param>
internal sealed class RoomClient(
    string room, string gateway, IGrainFactory grains, FanoutOptions options, FanoutInstruments instruments, TimeProvider time,
    Func<long> number, Func<PresenceVersion> presence, Action<AttachmentsSynced> synced, Func<string, Task<bool>> mayExist)
{
    private static readonly Refused TookTooLong = new(Refusal.Timeout, "the room did not answer in time; repeat it with the same id to find out whether it was stored", 1000);

    /// <summary>Sent instead of a claim number if the room does not know yet who is attached here.</summary>
    private const long NotAttached = -1;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    /// <summary>Minimum age of a call before a change of the cluster makes it count as lost.</summary>
    private static readonly TimeSpan MinAgeToRetry = TimeSpan.FromMilliseconds(500);
    private readonly IRoomGrain _room = grains.GetGrain<IRoomGrain>(room);
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly HashSet<string> _attached = [];
    private readonly BatchThrottle _throttle = new(TimeSpan.FromMilliseconds(options.CallMs), time);

    /// <summary>Completes when the next call need not wait any longer; null if no call waits.</summary>
    private TaskCompletionSource? _enough;

    /// <summary>The claim number of the activation that knows who is attached here; 0 for none.</summary>
    private long _claim;

    /// <summary>
    /// True if the attachments must be synchronized with the room: the room is sent the users who are attached here.
    /// </summary>
    private bool _mustSync;

    /// <summary>True while the loop runs.</summary>
    private bool _running;

    /// <summary>
    /// True if the message log had no such room when it was last checked. Users can be attached here to a direct room
    /// before its first message. Their attachments are synchronized as soon as the first message is known.
    /// </summary>
    private bool _absent;

    /// <summary>Completes when the call in flight is abandoned.</summary>
    private TaskCompletionSource _givenUp = new();

    /// <summary>Timestamp at which the call in flight began; null if there is none.</summary>
    private long? _called;

    /// <summary>True if no command waits, no call is in flight, and no user is attached.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return !_running && _attached.Count == 0;
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
                return _claim > 0;
            }
        }
    }

    /// <summary>True if enough commands wait for a call before its time. Requires the lock.</summary>
    private bool IsEnough => _waiting.Count >= Math.Min(options.CallCommands, Math.Min(options.CommandsPerCall, options.CommandsPerRoom));

    /// <summary>
    /// Queues a command. Answers are delivered in the order of the commands. If too many commands wait, the command is
    /// refused at once.
    /// </summary>
    /// <returns>The loop if this call started it; else a completed task.</returns>
    public Task Send(RoomCommand command, Action<RoomReply> answered)
    {
        lock (_gate)
        {
            // An exit is always queued: there are at most as many as users in the room, and the room must get all of
            // them.
            if (_waiting.Count < options.CommandsPerRoom || command is Exit)
            {
                _waiting.Enqueue(new(command, answered, time.GetTimestamp()));
                if (IsEnough)
                {
                    _enough?.TrySetResult();
                }

                return Start();
            }
        }

        answered(new Refused(Refusal.Unavailable, "too many commands are waiting for this room", 1000));
        return Task.CompletedTask;
    }

    /// <summary>
    /// The head poller read the room's claim number. If it is newer, another activation owns the room, and the
    /// attachments must be synchronized.
    /// </summary>
    public Task OnClaim(long claim)
    {
        lock (_gate)
        {
            if (claim <= _claim || _attached.Count == 0)
            {
                return Task.CompletedTask;
            }

            return StartSync();
        }
    }

    /// <summary>A notification says that the room has events, so a room that did not exist exists now.</summary>
    public Task OnCreated()
    {
        lock (_gate)
        {
            return _claim == 0 && _attached.Count > 0 ? StartSync() : Task.CompletedTask;
        }
    }

    /// <summary>The room's activation left its silo, or one of its updates was missed.</summary>
    public Task SyncAttachments()
    {
        lock (_gate)
        {
            return _attached.Count == 0 || _absent ? Task.CompletedTask : StartSync();
        }
    }

    /// <summary>
    /// The cluster changed. A call to a silo that died would wait for its timeout, so a call that is old enough is
    /// abandoned and repeated now. If it was not lost, the room gets it twice, which is as safe as a repetition after a
    /// timeout.
    /// </summary>
    public void RepeatOldCalls()
    {
        TaskCompletionSource givenUp;
        lock (_gate)
        {
            if (_called is not { } since || time.GetElapsedTime(since) < MinAgeToRetry)
            {
                return;
            }

            (givenUp, _givenUp, _called) = (_givenUp, new(), null);
        }

        instruments.Repeated();
        givenUp.SetResult();
    }

    private Task StartSync()
    {
        (_mustSync, _absent) = (true, false);
        _enough?.TrySetResult();
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
    /// <item>Take commands: those that failed before, then waiting ones.</item>
    /// <item>End if there is nothing to do.</item>
    /// <item>If needed, synchronize the attachments.</item>
    /// <item>Send the commands, and deliver the answers.</item>
    /// <item>Answer commands that have been tried for too long with a timeout.</item>
    /// <item>If a call failed, wait: 50 ms, doubled each time, up to 1 s.</item>
    /// </list>
    /// </summary>
    private async Task RunAsync()
    {
        await Task.Yield();
        var delay = FirstDelay;
        List<Waiting> batch = [];
        while (true)
        {
            // Step 1: Wait.
            await GatherAsync(batch);

            // Steps 2 and 3: Take, or end.
            if (!Next(batch, out var attend))
            {
                return;
            }

            // Step 4: Synchronize attachments. Before the commands, because a room refuses posts of a user that it does
            // not know.
            var synced = attend is null || await TrySyncAttachmentsAsync(attend);

            // Step 5: Send the commands. Also if step 4 failed: a room whose log is unavailable answers them at once.
            var handled = batch.Count == 0 || await TryHandleAsync(batch);

            // Step 6: Give up old commands.
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
    /// If the room is busy, waits until a call is due or enough commands wait. Commands that failed do not wait again,
    /// and neither does a synchronization.
    /// </summary>
    private async ValueTask GatherAsync(List<Waiting> batch)
    {
        TimeSpan wait;
        TaskCompletionSource due;
        lock (_gate)
        {
            wait = _throttle.Wait;
            if (wait <= TimeSpan.Zero || batch.Count > 0 || _mustSync || _waiting.Count == 0 || IsEnough)
            {
                return;
            }

            _enough = due = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        using (time.CreateTimer(static due => ((TaskCompletionSource)due!).TrySetResult(), due, wait, Timeout.InfiniteTimeSpan))
        {
            await due.Task;
        }

        lock (_gate)
        {
            _enough = null;
        }
    }

    /// <summary>
    /// Fills the batch with waiting commands, behind those that failed. Returns false if there is nothing to do; then
    /// the loop must end.
    /// </summary>
    private bool Next(List<Waiting> batch, out string[]? attend)
    {
        lock (_gate)
        {
            while (batch.Count < options.CommandsPerCall && _waiting.TryDequeue(out var waiting))
            {
                batch.Add(waiting);
            }

            if (batch.Count > 0)
            {
                // If commands share a call, the next one waits half as long again: that saves calls, commits and
                // frames.
                _throttle.OnFlushed(batch.Count > 1 ? 1.5 : 1);
            }

            attend = _mustSync ? [.. _attached] : null;
            _mustSync = false;
            _running = batch.Count > 0 || attend is not null;
            return _running;
        }
    }

    private async Task<bool> TrySyncAttachmentsAsync(string[] users)
    {
        try
        {
            var answer = await CallAsync(_room.SyncAttachmentsAsync(gateway, users, presence(), number()));
            instruments.AttachmentsSynced();
            lock (_gate)
            {
                _claim = answer.Head.Claim;
            }

            synced(answer);
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            lock (_gate)
            {
                // Also if no user is attached now: the room may believe otherwise.
                _mustSync = true;
            }

            return false;
        }
    }

    private async Task<bool> TryHandleAsync(List<Waiting> batch)
    {
        RoomReplies replies;
        long claim;
        var commands = new RoomCommand[batch.Count];
        for (var i = 0; i < commands.Length; i++)
        {
            commands[i] = batch[i].Command;
        }

        lock (_gate)
        {
            claim = _attached.Count == 0 ? 0 : _mustSync ? NotAttached : _claim;
        }

        try
        {
            replies = AnswerIfAbsent(commands) is { } absent && await IsAbsentAsync(commands)
                ? new(0, absent)
                : await CallAsync(_room.HandleAsync(new(gateway, commands, claim, number())));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false;
        }

        foreach (var (waiting, reply) in MatchReplies(batch, replies))
        {
            waiting.Answered(reply);
        }

        return true;
    }

    /// <summary>
    /// The answers of a room that does not exist. Returns null if the room is known to exist, or if one of the commands
    /// might create it.
    /// </summary>
    private RoomReply[]? AnswerIfAbsent(RoomCommand[] commands)
    {
        if (IsKnown)
        {
            return null;
        }

        var answers = new RoomReply[commands.Length];
        for (var i = 0; i < answers.Length; i++)
        {
            if (UncreatedRoom.Answer(room, commands[i]) is not { } answer)
            {
                return null;
            }

            answers[i] = answer;
        }

        return answers;
    }

    private async ValueTask<bool> IsAbsentAsync(RoomCommand[] commands)
    {
        bool known;
        lock (_gate)
        {
            // A room that did not exist has attached nobody, so it need not get an exit.
            known = _absent && Array.TrueForAll(commands, static command => command is Exit);
        }

        var absent = known || !await mayExist(room);
        lock (_gate)
        {
            return _absent = absent;
        }
    }

    /// <summary>Waits for the call in flight, until it is abandoned.</summary>
    private async Task<T> CallAsync<T>(Task<T> call)
    {
        Task givenUp;
        lock (_gate)
        {
            _called = time.GetTimestamp();
            givenUp = _givenUp.Task;
        }

        var first = await Task.WhenAny(call, givenUp);
        lock (_gate)
        {
            _called = null;
        }

        if (first == call)
        {
            return await call;
        }

        call.Ignore();
        throw new TimeoutException("The cluster changed during the call.");
    }

    /// <summary>
    /// Applies the replies. Returns the commands that are answered; those that must be sent again stay in the batch.
    /// </summary>
    private List<(Waiting, RoomReply)> MatchReplies(List<Waiting> batch, RoomReplies replies)
    {
        var answered = new List<(Waiting, RoomReply)>(batch.Count);
        List<Waiting>? again = null;
        lock (_gate)
        {
            // Claim 0 - the room does not exist, or its activation has not claimed it.
            // The known claim - the room knows who is attached here.
            // Another claim - it does not: synchronize the attachments.
            _absent &= replies.Claim == 0;
            if (replies.Claim != 0 && replies.Claim != _claim)
            {
                // The claim is new: another activation owns the room. It knows the users who entered in this call, and
                // no others.
                _mustSync |= _attached.Count > 0;
                _claim = replies.Claim;
            }

            for (var i = 0; i < batch.Count; i++)
            {
                if (_mustSync && replies.Replies[i] is Refused { Reason: Refusal.NotMember } && _attached.Contains(batch[i].Command.User))
                {
                    // The room refused a post of a user it does not know yet. The attachments are about to be
                    // synchronized.
                    (again ??= []).Add(batch[i]);
                    continue;
                }

                ObserveReply(batch[i].Command, replies.Replies[i]);
                answered.Add((batch[i], replies.Replies[i]));
            }
        }

        batch.Clear();
        if (again is not null)
        {
            batch.AddRange(again);
        }

        return answered;
    }

    private void ObserveReply(RoomCommand command, RoomReply reply)
    {
        switch (command, reply)
        {
            case (Enter, Entered):
                _attached.Add(command.User);
                break;
            case (Exit { Stays: false }, _):
                _attached.Remove(command.User);
                break;
        }
    }

    /// <summary>
    /// Answers the commands that have been tried for CommandMs with a timeout. The others are sent again, in the same
    /// order.
    /// </summary>
    private void GiveUpOld(List<Waiting> batch)
    {
        var maxWait = TimeSpan.FromMilliseconds(options.CommandMs);
        var count = 0;
        while (count < batch.Count && time.GetElapsedTime(batch[count].Since) >= maxWait)
        {
            count++;
        }

        if (count == 0)
        {
            return;
        }

        var old = batch.GetRange(0, count);
        batch.RemoveRange(0, count);
        foreach (var waiting in old)
        {
            if (waiting.Command is Enter or Exit)
            {
                lock (_gate)
                {
                    // The room may have carried out the command or not. Synchronize the attachments as soon as it
                    // answers again.
                    ObserveReply(waiting.Command, TookTooLong);
                    _mustSync = true;
                }
            }

            waiting.Answered(TookTooLong);
        }
    }

    private readonly record struct Waiting(RoomCommand Command, Action<RoomReply> Answered, long Since);
}
