using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The way from this gateway to one room: one call in flight, and what sessions send meanwhile travels together in the next, in order.
/// A call that fails is repeated as it is, which is safe: posts carry client ids, and the other commands say what shall be.
/// </summary>
internal sealed class RoomLine(
    string room, string gateway, IGrainFactory grains, FanoutOptions options, FanoutInstruments instruments, TimeProvider time, Action<RoomHead> attended)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly HashSet<string> _attached = [];
    private long _claim;
    private bool _attend;
    private bool _running;

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

    /// <summary>Queues a command; its answer comes after those of the commands before it.</summary>
    /// <returns>The loop, where this started it.</returns>
    public Task Send(RoomCommand command, Action<RoomReply> answered)
    {
        lock (_gate)
        {
            if (_waiting.Count < options.CommandsPerRoom)
            {
                _waiting.Enqueue(new(command, answered, time.GetTimestamp()));
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

    /// <summary>The room's activation left its silo.</summary>
    public Task Moved()
    {
        lock (_gate)
        {
            return _attached.Count == 0 ? Task.CompletedTask : Attend();
        }
    }

    private Task Attend()
    {
        _attend = true;
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
        while (Next(batch, out var attend))
        {
            try
            {
                if (attend is not null)
                {
                    await AttendAsync(attend);
                }

                if (batch.Count > 0)
                {
                    var commands = new RoomCommands(gateway, [.. batch.Select(waiting => waiting.Command)]);
                    Answer(batch, await grains.GetGrain<IRoomGrain>(room).HandleAsync(commands));
                }

                delay = FirstDelay;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                GiveUpOld(batch);
                await Task.Delay(delay, time);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
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

            attend = _attend ? [.. _attached] : null;
            _attend = false;
            _running = batch.Count > 0 || attend is not null;
            return _running;
        }
    }

    private async Task AttendAsync(string[] users)
    {
        try
        {
            var head = await grains.GetGrain<IRoomGrain>(room).AttendAsync(gateway, users);
            instruments.Attended();
            lock (_gate)
            {
                _claim = Math.Max(_claim, head.Claim);
            }

            attended(head);
        }
        catch
        {
            lock (_gate)
            {
                _attend = _attached.Count > 0;
            }

            throw;
        }
    }

    private void Answer(List<Waiting> batch, RoomReplies replies)
    {
        lock (_gate)
        {
            // An activation that took over meanwhile knows of those who entered in this call, and of nobody before them.
            _attend |= replies.Claim > _claim && _claim != 0 && _attached.Count > 0;
            _claim = Math.Max(_claim, replies.Claim);
            for (var i = 0; i < batch.Count; i++)
            {
                Note(batch[i].Command, replies.Replies[i]);
            }
        }

        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Answered(replies.Replies[i]);
        }

        batch.Clear();
    }

    private void Note(RoomCommand command, RoomReply reply)
    {
        switch (command, reply)
        {
            case (Enter, Entered):
                _attached.Add(command.User);
                break;
            case (Exit, _):
                _attached.Remove(command.User);
                break;
        }
    }

    /// <summary>Those that were tried long enough hear of it; the rest is tried again, in the same order.</summary>
    private void GiveUpOld(List<Waiting> batch)
    {
        var longest = TimeSpan.FromMilliseconds(options.CommandMs);
        var old = batch.TakeWhile(waiting => time.GetElapsedTime(waiting.Since) >= longest).ToArray();
        batch.RemoveRange(0, old.Length);
        foreach (var waiting in old)
        {
            if (waiting.Command is Exit)
            {
                lock (_gate)
                {
                    // The room may still hold the user: tell it the whole truth as soon as it answers again.
                    _attached.Remove(waiting.Command.User);
                    _attend = true;
                }
            }

            waiting.Answered(new Refused(Refusal.Timeout, "the room did not answer in time; the same id tells whether it was stored", 1000));
        }
    }

    private readonly record struct Waiting(RoomCommand Command, Action<RoomReply> Answered, long Since);
}
