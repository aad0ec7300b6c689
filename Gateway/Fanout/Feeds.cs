using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>The rooms that this gateway has to do with: a feed for those it holds somebody in, and a line to each it talks to.</summary>
internal sealed class Feeds(
    IGrainFactory grains, GatewayId gateway, Ongoing ongoing, IOptions<FanoutOptions> options, FanoutInstruments instruments, TimeProvider time) : IRooms
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Feed> _feeds = [];
    private readonly Dictionary<string, RoomLine> _lines = [];

    /// <summary>The newest number of the cluster that a beacon showed.</summary>
    private long _cluster;

    /// <summary>Calls so far, to whatever room.</summary>
    private long _calls;

    private IHistoryGrain History => grains.GetGrain<IHistoryGrain>(0);

    /// <summary>The rooms with a feed.</summary>
    public string[] Rooms
    {
        get
        {
            lock (_gate)
            {
                return [.. _feeds.Keys];
            }
        }
    }

    /// <summary>How many rooms there is a line to.</summary>
    public int Lines
    {
        get
        {
            lock (_gate)
            {
                return _lines.Count;
            }
        }
    }

    /// <inheritdoc/>
    public void Enter(Subscription subscription, Enter enter, Action<RoomReply> answered)
    {
        // Each under one lock: a subscription's coming or going and the command that tells the room of it. Between the two, another session of
        // the same user could come or go, and the room would hear of them in the wrong order.
        lock (_gate)
        {
            if (!_feeds.TryGetValue(subscription.Room, out var feed))
            {
                var room = subscription.Room;
                feed = new(room, (after, limit) => History.ReadAsync(room, after, limit), Ended, options.Value, instruments, time);
                _feeds.Add(room, feed);
            }

            feed.Add(subscription);
            Send(subscription.Room, enter, reply =>
            {
                if (reply is Entered entered)
                {
                    ongoing.Add(feed.OpenAsync(entered.Seq, entered.Told));
                }
                else
                {
                    // An earlier subscription of the user's may have left meanwhile, and counted on this one.
                    Exit(subscription, endMembership: false, answered: null);
                }

                answered(reply);
            });
        }
    }

    /// <inheritdoc/>
    public void Exit(Subscription subscription, bool endMembership, Action<RoomReply>? answered)
    {
        answered ??= static _ => { };
        lock (_gate)
        {
            if (Remove(subscription, out var last) && (last || endMembership))
            {
                Send(subscription.Room, new Exit(subscription.Session.User, endMembership, Stays: !last), answered);
                return;
            }
        }

        answered(new Done());
    }

    /// <summary>Takes them out in a turn of its own: the feed that tells this holds its lock.</summary>
    private void Ended(IReadOnlyList<Subscription> subscriptions)
    {
        if (subscriptions.Count > 0)
        {
            ongoing.Add(ExitAsync(subscriptions));
        }
    }

    private async Task ExitAsync(IReadOnlyList<Subscription> subscriptions)
    {
        await Task.Yield();
        foreach (var subscription in subscriptions)
        {
            Exit(subscription, endMembership: false, answered: null);
        }
    }

    private bool Remove(Subscription subscription, out bool last)
    {
        lock (_gate)
        {
            last = false;
            if (!_feeds.TryGetValue(subscription.Room, out var feed) || !feed.Remove(subscription, out last, out var empty))
            {
                return false;
            }

            if (empty)
            {
                _feeds.Remove(subscription.Room);
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public void Send(string room, RoomCommand command, Action<RoomReply> answered)
    {
        lock (_gate)
        {
            ongoing.Add(LineTo(room).Send(command, reply => Answer(answered, reply)));
        }
    }

    /// <summary>One session's answer that fails is nobody else's trouble: theirs follow in the same loop.</summary>
    private void Answer(Action<RoomReply> answered, RoomReply reply)
    {
        try
        {
            answered(reply);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            ongoing.Add(Task.FromException(failure));
        }
    }

    /// <summary>Under the lock, so that no line is swept between being found and being used.</summary>
    private RoomLine LineTo(string room)
    {
        if (!_lines.TryGetValue(room, out var line))
        {
            line = new(room, gateway.Id, grains, options.Value, instruments, time, () => Interlocked.Increment(ref _calls), () => Find(room)?.Heard ?? default, Attended);
            _lines.Add(room, line);
        }

        return line;
    }

    /// <summary>The claim numbers and heads of rooms, from the log itself; and whether a silo came or went.</summary>
    public void Beacon(RoomHeads beacon)
    {
        RoomLine[] lines;
        lock (_gate)
        {
            lines = _cluster is not 0 && beacon.Cluster > _cluster ? [.. _lines.Values] : [];
            _cluster = Math.Max(_cluster, beacon.Cluster);
        }

        foreach (var line in lines)
        {
            line.Repeat();
        }

        foreach (var head in beacon.Heads)
        {
            if (Find(head.Room) is { } feed)
            {
                ongoing.Add(feed.BeaconAsync(head.Seq));
            }

            lock (_gate)
            {
                if (_lines.TryGetValue(head.Room, out var line))
                {
                    ongoing.Add(line.Claimed(head.Claim));
                }
            }
        }
    }

    /// <summary>A room's activation left its silo, or something of it was missed: it is told who is attached here, and answers how far it is.</summary>
    public void AttendAgain(string room)
    {
        lock (_gate)
        {
            if (_lines.TryGetValue(room, out var line))
            {
                ongoing.Add(line.AttendAgain());
            }
        }
    }

    /// <summary>All rooms, after the inbox was silent: what they told meanwhile besides events is known to them alone.</summary>
    public async Task AttendAllAsync(CancellationToken cancellationToken)
    {
        RoomLine[] lines;
        lock (_gate)
        {
            lines = [.. _lines.Values];
        }

        await Parallel.ForEachAsync(
            lines,
            new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current },
            (line, cancelled) => new(line.AttendAgain().WaitAsync(cancelled)));
    }

    /// <summary>Who came and went.</summary>
    public void Tell(RoomAttendance notice)
    {
        if (Find(notice.Room)?.Tell(notice) == false)
        {
            instruments.MissedNotice();
            AttendAgain(notice.Room);
        }
    }

    private void Attended(Attended attended)
    {
        Find(attended.Head.Room)?.TellMissed(attended.Missed);
        Notice(attended.Head.Room, attended.Head.Seq);
    }

    /// <summary>Forgets the lines that nobody uses.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            foreach (var (room, line) in _lines)
            {
                if (line.IsIdle && !_feeds.ContainsKey(room))
                {
                    _lines.Remove(room);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Typing(string room, string user) => ongoing.Add(grains.GetGrain<IRoomGrain>(room).TypingAsync(user));

    /// <inheritdoc/>
    public bool GoLive(Subscription subscription, out long head)
    {
        head = 0;
        return Find(subscription.Room)?.GoLive(subscription, out head) ?? true;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) =>
        Find(room)?.ReadAsync(after, limit).WaitAsync(cancellationToken) ?? Task.FromResult<IReadOnlyList<EncodedEvent>>([]);

    /// <inheritdoc/>
    public Task<HistoryPage> PageAsync(string room, string user, long after, int limit) => History.PageAsync(room, user, after, limit);

    /// <inheritdoc/>
    public Task<Attendance> WhoAsync(string room, string user, int most) => grains.GetGrain<IRoomGrain>(room).WhoAsync(user, most);

    /// <summary>The feed of a room, or null where nobody here is in it.</summary>
    public Feed? Find(string room)
    {
        lock (_gate)
        {
            return _feeds.GetValueOrDefault(room);
        }
    }

    /// <summary>A room's head, told apart from the inbox.</summary>
    public void Notice(string room, long head)
    {
        if (Find(room) is { } feed)
        {
            ongoing.Add(feed.NoticeAsync(head));
        }
    }
}
