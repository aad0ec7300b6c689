using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The way from this gateway to one room: one call in flight, and what sessions send meanwhile travels together in the next, in order. A busy
/// room is called at a pace: what comes one by one travels, and is stored, together. A call that fails is repeated as it is, which is safe:
/// posts carry client ids, and the other commands say what shall be.
/// </summary>
/// <param name="number">The next number of this gateway's calls.</param>
/// <param name="heard">The last notice of comings and goings that was heard.</param>
/// <param name="attended">Told what the room answered to who is attached.</param>
internal sealed class RoomLine(
    string room, string gateway, IGrainFactory grains, FanoutOptions options, FanoutInstruments instruments, TimeProvider time,
    Func<long> number, Func<NoticeMark> heard, Action<Attended> attended)
{
    private static readonly Refused TookTooLong = new(Refusal.Timeout, "the room did not answer in time; the same id tells whether it was stored", 1000);

    /// <summary>Said in place of a claim number where the room is still to be told who is attached.</summary>
    private const long Untold = -1;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    /// <summary>How long a call has been under way before it may be taken for lost with a silo.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromMilliseconds(500);
    private readonly IRoomGrain _room = grains.GetGrain<IRoomGrain>(room);
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly HashSet<string> _attached = [];
    private readonly Pace _pace = new(TimeSpan.FromMilliseconds(options.CallMs), time);

    /// <summary>Completes when the next call is waited for no longer; null where none is.</summary>
    private TaskCompletionSource? _enough;

    /// <summary>The claim number of the activation that was last told who is attached; 0 for none.</summary>
    private long _claim;
    private bool _attend;
    private bool _running;

    /// <summary>Completes when the call in flight is waited for no longer.</summary>
    private TaskCompletionSource _givenUp = new();
    private long? _called;

    /// <summary>True where nothing waits and nobody is attached.</summary>
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

    /// <summary>Under the lock: whether a call would be full, or full enough to be made before its time.</summary>
    private bool IsEnough => _waiting.Count >= Math.Min(options.CallCommands, Math.Min(options.CommandsPerCall, options.CommandsPerRoom));

    /// <summary>Queues a command; its answer comes after those of the commands before it.</summary>
    /// <returns>The loop, where this started it.</returns>
    public Task Send(RoomCommand command, Action<RoomReply> answered)
    {
        lock (_gate)
        {
            // An exit is always taken: there are no more of them than users in the room, and it must hear of each.
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

        answered(new Refused(Refusal.Unavailable, "too many commands wait for this room", 1000));
        return Task.CompletedTask;
    }

    /// <summary>The room's claim number, told by a beacon: another activation than the one that was told who is attached.</summary>
    public Task Claimed(long claim)
    {
        lock (_gate)
        {
            if (claim <= _claim || _attached.Count == 0)
            {
                return Task.CompletedTask;
            }

            return Attend();
        }
    }

    /// <summary>The room's activation left its silo, or something that it told was missed.</summary>
    public Task AttendAgain()
    {
        lock (_gate)
        {
            return _attached.Count == 0 ? Task.CompletedTask : Attend();
        }
    }

    /// <summary>
    /// A silo came or went. A call to one that died waits for its time-out; one that has been under way for long is repeated now. Where it
    /// was not lost the room hears it twice, which is as safe as after a time-out.
    /// </summary>
    public void Repeat()
    {
        TaskCompletionSource givenUp;
        lock (_gate)
        {
            if (_called is not { } since || time.GetElapsedTime(since) < Doubt)
            {
                return;
            }

            (givenUp, _givenUp, _called) = (_givenUp, new(), null);
        }

        instruments.Repeated();
        givenUp.SetResult();
    }

    private Task Attend()
    {
        _attend = true;
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

    private async Task RunAsync()
    {
        await Task.Yield();
        var delay = FirstDelay;
        List<Waiting> batch = [];
        while (true)
        {
            await GatherAsync(batch);
            if (!Next(batch, out var attend))
            {
                return;
            }

            // Attendance first: a room that does not know a user takes no post of theirs. And the commands even where that failed: a room
            // whose log is away answers them at once.
            var attended = attend is null || await TryAttendAsync(attend);
            var handled = batch.Count == 0 || await TryHandleAsync(batch);
            GiveUpOld(batch);
            if (attended && handled)
            {
                delay = FirstDelay;
                continue;
            }

            await Task.Delay(delay, time);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    /// <summary>Where the room is busy, waits until a call is due, or enough wait for one. What failed before has waited already.</summary>
    private async ValueTask GatherAsync(List<Waiting> batch)
    {
        TimeSpan wait;
        TaskCompletionSource due;
        lock (_gate)
        {
            wait = _pace.Wait;
            if (wait <= TimeSpan.Zero || batch.Count > 0 || _attend || _waiting.Count == 0 || IsEnough)
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

    /// <summary>What to do next: what failed before, else what waits. False, and the loop is over, where there is nothing.</summary>
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
                // Where they gather, half as long again: fewer calls, commits and frames for everybody in the room.
                _pace.Done(batch.Count > 1 ? 1.5 : 1);
            }

            attend = _attend ? [.. _attached] : null;
            _attend = false;
            _running = batch.Count > 0 || attend is not null;
            return _running;
        }
    }

    private async Task<bool> TryAttendAsync(string[] users)
    {
        try
        {
            var answer = await CallAsync(_room.AttendAsync(gateway, users, heard(), number()));
            instruments.Attended();
            lock (_gate)
            {
                _claim = answer.Head.Claim;
            }

            attended(answer);
            return true;
        }
        catch (Exception away) when (away is not OutOfMemoryException)
        {
            lock (_gate)
            {
                // Where nobody is attached, too: the room may believe otherwise.
                _attend = true;
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
            claim = _attached.Count == 0 ? 0 : _attend ? Untold : _claim;
        }

        try
        {
            replies = await CallAsync(_room.HandleAsync(new(gateway, commands, claim, number())));
        }
        catch (Exception away) when (away is not OutOfMemoryException)
        {
            return false;
        }

        foreach (var (waiting, reply) in Settle(batch, replies))
        {
            waiting.Answered(reply);
        }

        return true;
    }

    /// <summary>Waits for the call in flight, as long as nobody takes it for lost.</summary>
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
        throw new TimeoutException("The silos changed while the call was under way.");
    }

    /// <summary>Takes what is answered out of the batch.</summary>
    private List<(Waiting, RoomReply)> Settle(List<Waiting> batch, RoomReplies replies)
    {
        var answered = new List<(Waiting, RoomReply)>(batch.Count);
        List<Waiting>? again = null;
        lock (_gate)
        {
            if (replies.Claim != 0 && replies.Claim != _claim)
            {
                // An activation that took over meanwhile knows of those who entered in this call, and of nobody before them.
                _attend |= _attached.Count > 0;
                _claim = replies.Claim;
            }

            for (var i = 0; i < batch.Count; i++)
            {
                if (_attend && replies.Replies[i] is Refused { Reason: Refusal.NotMember } && _attached.Contains(batch[i].Command.User))
                {
                    // It was refused for what the room is about to be told.
                    (again ??= []).Add(batch[i]);
                    continue;
                }

                Note(batch[i].Command, replies.Replies[i]);
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

    private void Note(RoomCommand command, RoomReply reply)
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

    /// <summary>Those that were tried long enough hear of it; the rest is tried again, in the same order.</summary>
    private void GiveUpOld(List<Waiting> batch)
    {
        var longest = TimeSpan.FromMilliseconds(options.CommandMs);
        var count = 0;
        while (count < batch.Count && time.GetElapsedTime(batch[count].Since) >= longest)
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
                    // The room may hold the user, or not: tell it the whole truth as soon as it answers again.
                    Note(waiting.Command, TookTooLong);
                    _attend = true;
                }
            }

            waiting.Answered(TookTooLong);
        }
    }

    private readonly record struct Waiting(RoomCommand Command, Action<RoomReply> Answered, long Since);
}
