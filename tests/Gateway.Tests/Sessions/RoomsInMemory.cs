using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>
/// The rooms and the history that sessions call, without a cluster. Each room has a log in memory and a real
/// <see cref="RoomFeed"/>. A test can delay answers and reads, and can delay or lose events.
/// </summary>
internal sealed class RoomsInMemory : IRooms, IHistory
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Room> _rooms = [];
    private readonly Queue<Action> _held = new();
    private readonly List<string> _calls = [];
    private readonly List<Enter> _enters = [];
    private readonly List<Post> _posts = [];

    /// <summary>While true, answers wait for <see cref="AnswerAll"/>.</summary>
    public bool HoldsAnswers { get; set; }

    /// <summary>The refusal of the next enter commands; null to accept them.</summary>
    public Refused? Refuses { get; set; }

    /// <summary>The refusal of the next page calls; null to return the pages.</summary>
    public Refusal? RefusesPages { get; set; }

    /// <summary>Runs before a read of the log. This function may wait or fail.</summary>
    public Func<Task> BeforeRead { get; set; } = () => Task.CompletedTask;

    /// <summary>
    /// Runs before the answer to a page, conversations, members or <c>who</c> call. This function may wait or fail.
    /// </summary>
    public Func<Task> BeforeQuestion { get; set; } = () => Task.CompletedTask;

    /// <summary>While false, <see cref="Calls"/> records no calls.</summary>
    public bool KeepsCalls { get; set; } = true;

    /// <summary>The calls to rooms, in order, for example <c>enter lobby ann</c>.</summary>
    public string[] Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>The post commands so far, in order.</summary>
    public Post[] Posts
    {
        get
        {
            lock (_gate)
            {
                return [.. _posts];
            }
        }
    }

    /// <summary>The enter commands so far, in order.</summary>
    public Enter[] Enters
    {
        get
        {
            lock (_gate)
            {
                return [.. _enters];
            }
        }
    }

    /// <summary>The room's title in the answers to the next enter commands; null for none.</summary>
    public string? Title { get; set; }

    /// <summary>The settings of the rooms that are entered next; null for the defaults.</summary>
    public RoomSettings? Settings { get; set; }

    /// <summary>The refusal of the next post commands; null to append their events.</summary>
    public Refused? RefusesPosts { get; set; }

    /// <summary>The refusal of the next exit commands that end a membership; null to accept them.</summary>
    public Refused? RefusesExits { get; set; }

    /// <summary>The refusal of a user who enters again because of a fresh token; null if the user may stay.</summary>
    public Refused? RefusesReentries { get; set; }

    /// <summary>The answer to the next members calls.</summary>
    public MemberPage Members { get; set; } = new([], false, null);

    /// <summary>The number of reads of the log so far.</summary>
    public int Reads { get; private set; }

    /// <summary>The number of events that reads of the log returned so far.</summary>
    public int EventsRead { get; private set; }

    /// <summary>
    /// The number of page, conversations, members and <c>who</c> calls in flight now, and the highest number so far.
    /// </summary>
    public (int Now, int Most) Questions { get; private set; }

    /// <summary>Makes this room use a feed that several instances of <see cref="SessionRig"/> share.</summary>
    /// <param name="head">Returns the newest sequence of the room.</param>
    public void Share(string room, RoomFeed feed, Func<long> head)
    {
        lock (_gate)
        {
            _rooms[room] = new(feed) { SharedHead = head };
        }
    }

    /// <summary>Appends events, and delivers them to the feed if <paramref name="deliver"/> is true.</summary>
    /// <returns>The batch, so that a test can deliver it late or twice.</returns>
    public RoomEvents Append(string room, int count = 1, bool deliver = true, string from = "bob", string? clientId = null, string? text = null,
        RoomEventKind kind = RoomEventKind.Msg, string? meta = null, long? reference = null)
    {
        RoomEvents batch;
        lock (_gate)
        {
            var log = RoomOf(room).Log;
            var events = new RoomEvent[count];
            for (var i = 0; i < count; i++)
            {
                var seq = log.Count + 1;
                events[i] = new(
                    seq, 1000 + seq, from, kind, reference is null ? text ?? $"message {seq}" : text, reference, null, meta, clientId, false, seq);
                log.Add(events[i]);
            }

            batch = new(room, 1, events);
        }

        if (deliver)
        {
            Deliver(batch);
        }

        return batch;
    }

    /// <summary>Delivers a batch to the feed of its room.</summary>
    public void Deliver(RoomEvents batch) => FeedOf(batch.Room).DeliverAsync(batch);

    /// <summary>Reports the room's head to its feed, as the head poller does.</summary>
    public void PollHead(string room)
    {
        var (feed, head) = (FeedOf(room), Head(room));
        feed.OnHeadObservedAsync(head);
    }

    /// <summary>Returns the room's newest sequence.</summary>
    public long Head(string room)
    {
        lock (_gate)
        {
            return RoomOf(room).Log.Count;
        }
    }

    /// <summary>Returns the number of subscriptions to the room.</summary>
    public int In(string room)
    {
        lock (_gate)
        {
            return RoomOf(room).In;
        }
    }

    /// <summary>Removes the oldest events from the log, up to a sequence.</summary>
    public void Forget(string room, long upTo)
    {
        lock (_gate)
        {
            RoomOf(room).Kept = upTo + 1;
        }
    }

    /// <summary>Offers a state frame, such as a typing notice, to all subscriptions of the room.</summary>
    public void Offer(string room, Func<string, OrleansChat.Protocol.ServerFrame> state) => FeedOf(room).Offer(state);

    /// <summary>Sends the answers that wait because of <see cref="HoldsAnswers"/>, in order.</summary>
    public void AnswerAll()
    {
        while (true)
        {
            Action answer;
            lock (_gate)
            {
                if (!_held.TryDequeue(out answer!))
                {
                    return;
                }
            }

            answer();
        }
    }

    public void Enter(Subscription subscription, Enter enter, Action<RoomReply> answered)
    {
        RoomReply reply;
        RoomFeed feed;
        lock (_gate)
        {
            Note($"enter {subscription.Room} {enter.User}{(enter.AsMember ? " as member" : "")}");
            _enters.Add(enter);
            var room = RoomOf(subscription.Room);
            if (room.In == 0 && room.SharedHead is null)
            {
                // As in the gateway, a feed ends with its last subscription, and the next subscription gets a new feed.
                room.Feed = NewFeed(subscription.Room);
            }

            feed = room.Feed;
            feed.Add(subscription);
            room.In++;
            var kind = RoomKey.IsDirect(subscription.Room) ? RoomKind.Direct : RoomKey.IsPrivate(subscription.Room) ? RoomKind.Group : RoomKind.Channel;
            var role = kind != RoomKind.Group ? RoomRole.None : enter.Create is null ? RoomRole.Member : RoomRole.Owner;
            var head = room.SharedHead?.Invoke() ?? room.Log.Count;
            reply = Refuses ?? (RoomReply)new Entered(kind, room.Epoch, head, head, 0, head, room.In, Role: role, Title: Title, Settings: Settings);
        }

        Answer(() =>
        {
            if (reply is Entered entered)
            {
                _ = feed.OpenAsync(entered.Seq, entered.Presence);
            }
            else
            {
                Remove(subscription);
            }

            answered(reply);
        });
    }

    public void Exit(Subscription subscription, Action<RoomReply>? answered)
    {
        lock (_gate)
        {
            Note($"exit {subscription.Room} {subscription.Session.User}");
        }

        Remove(subscription);
        Answer(() => answered?.Invoke(new Done()));
    }

    public void Send(string room, RoomCommand command, Action<RoomReply> answered)
    {
        lock (_gate)
        {
            if (command is Post posted)
            {
                _posts.Add(posted);
            }

            Note(command switch
            {
                Post { Kind: > RoomEventKind.Leave } post => $"{post.Kind} {room} {post.User} {post.Text} {post.Meta}".TrimEnd(),
                Post post => $"post {room} {post.User} {post.Text}",
                Exit exit => $"end {room} {exit.User}",
                MarkRead mark => $"mark {room} {mark.User} {mark.Read}",
                Enter enter => $"enter again {room} {enter.User} {enter.Claimed}{(enter.AsMember ? " as member" : "")}",
                _ => command.ToString(),
            });
        }

        RoomReply reply = new Done();
        if (command is Post && RefusesPosts is { } refused)
        {
            reply = refused;
        }
        else if (command is Exit && RefusesExits is { } stays)
        {
            reply = stays;
        }
        else if (command is Enter && RefusesReentries is { } ends)
        {
            reply = ends;
        }
        else if (command is Post { User: var user, ClientId: var id, Text: var text, Ref: var reference, Kind: var kind, Meta: var meta })
        {
            var changed = kind > RoomEventKind.Leave;
            var stored = Append(
                room, from: user, clientId: id, text: text, kind: changed ? kind : RoomEventKind.Msg, meta: changed ? meta : null,
                reference: changed ? reference : null).Events[0];
            reply = new Posted(stored.Seq, stored.Ts, false);
        }

        Answer(() => answered(reply));
    }

    public void Typing(string room, string user, RoomAction claimed)
    {
        lock (_gate)
        {
            Note($"typing {room} {user}");
        }
    }

    public bool GoLive(Subscription subscription, out long head) => FeedOf(subscription.Room).GoLive(subscription, out head);

    public Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) =>
        FeedOf(room).ReadAsync(after, limit).WaitAsync(cancellationToken);

    /// <summary>The answer to the next pages of a thread.</summary>
    public HistoryPage Thread { get; set; } = new([], 0, null);

    public async Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken)
    {
        var (room, _, after, limit, _, _, thread, of) = ask;
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            if (of != PageOf.All)
            {
                Note($"{of} {room} {ask.User} {after} {limit} {(ask.Whole == long.MaxValue ? "end" : ask.Whole)} {ask.Claimed}");
                return Thread;
            }

            if (thread is { } message)
            {
                Note($"thread {room} {ask.User} {message} {after} {limit} {(ask.Whole == long.MaxValue ? "end" : ask.Whole)}");
                return Thread;
            }

            if (RefusesPages is { } refusal)
            {
                return new([], 0, refusal);
            }

            var log = RoomOf(room).Log;
            var from = after < 0 ? Math.Max(0, log.Count + after) : after;
            return new([.. log.Where(happened => happened.Seq > from).Take(limit)], log.Count, null);
        }
    }

    /// <summary>The answer to the next conversations calls; null if too many pages are being read.</summary>
    public ConversationPage? Conversations { get; set; } = new([], false);

    public async Task<ConversationPage?> ConversationsAsync(ConversationAsk ask, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"conversations {ask.User} {ask.BeforeTs} {ask.BeforeRoom} {ask.Limit}{(ask.Since is null ? "" : $" since {ask.Since}")}");
            return Conversations;
        }
    }

    /// <summary>The answer to the next changes of settings; null if too many calls are being made.</summary>
    public ConversationReply? SettingsReply { get; set; } = new();

    public async Task<ConversationReply?> SetConversationAsync(ConversationSet set, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"{set}");
            return SettingsReply;
        }
    }

    public async Task<MemberPage> MembersAsync(MembersAsk ask, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"members {ask.Room} {ask.User} {ask.After} {ask.Limit}");
            return Members;
        }
    }

    /// <summary>The answer to the next readers calls.</summary>
    public ReaderPage Readers { get; set; } = new([], false, null);

    public async Task<ReaderPage> ReadersAsync(ReadersAsk ask, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"readers {ask.Room} {ask.User} {ask.Message}");
            return Readers;
        }
    }

    /// <summary>The answer to the next block and unblock calls.</summary>
    public ConversationReply? BlockReply { get; set; } = new();

    public async Task<ConversationReply?> BlockAsync(BlockSet set, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"{(set.IsOn ? "block" : "unblock")} {set.User} {set.Blocked}");
            return BlockReply;
        }
    }

    /// <summary>The answer to the next blocks calls.</summary>
    public string[]? Blocked { get; set; } = [];

    public async Task<string[]?> BlocksAsync(string user, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"blocks {user}");
            return Blocked;
        }
    }

    /// <summary>The answer to the next report and dismiss calls.</summary>
    public RoomReply ReportReply { get; set; } = new Done();

    public async Task<RoomReply> ReportAsync(ReportAsk ask, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"report {ask.Room} {ask.User} {ask.Message} {ask.Reason}");
            return ReportReply;
        }
    }

    public async Task<RoomReply> DismissAsync(DismissAsk ask, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"dismiss {ask.Room} {ask.User} {ask.Message}");
            return ReportReply;
        }
    }

    /// <summary>The answer to the next reports calls.</summary>
    public ReportPage Reports { get; set; } = new([], false, null);

    public async Task<ReportPage> ReportsAsync(ReportsAsk ask, CancellationToken cancellationToken)
    {
        await AskAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Note($"reports {ask.Room} {ask.User} {ask.Limit}");
            return Reports;
        }
    }

    public async Task<PresenceSnapshot> WhoAsync(string room, string user, int most, RoomAction claimed)
    {
        await AskAsync();
        return new(2, ["ann", "bob"], null);
    }

    /// <summary>Records a call. The caller must hold the lock.</summary>
    private void Note(string call)
    {
        if (KeepsCalls)
        {
            _calls.Add(call);
        }
    }

    private async Task AskAsync()
    {
        lock (_gate)
        {
            Questions = (Questions.Now + 1, Math.Max(Questions.Most, Questions.Now + 1));
        }

        try
        {
            await BeforeQuestion();
        }
        finally
        {
            lock (_gate)
            {
                Questions = (Questions.Now - 1, Questions.Most);
            }
        }
    }

    private void Answer(Action answer)
    {
        lock (_gate)
        {
            if (HoldsAnswers || _held.Count > 0)
            {
                _held.Enqueue(answer);
                return;
            }
        }

        answer();
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            var room = RoomOf(subscription.Room);
            if (room.Feed.Remove(subscription, out _, out _))
            {
                room.In--;
            }
        }
    }

    private RoomFeed FeedOf(string room)
    {
        lock (_gate)
        {
            return RoomOf(room).Feed;
        }
    }

    private Room RoomOf(string key)
    {
        if (!_rooms.TryGetValue(key, out var room))
        {
            _rooms.Add(key, room = new(NewFeed(key)));
        }

        return room;
    }

    private RoomFeed NewFeed(string room) => new((after, limit) => ReadLogAsync(room, after, limit), _ => { }, new(), new(new Meters()), TimeProvider.System);

    private async Task<RoomEvent[]> ReadLogAsync(string room, long after, int limit)
    {
        lock (_gate)
        {
            Reads++;
        }

        await BeforeRead();
        lock (_gate)
        {
            var from = RoomOf(room);
            RoomEvent[] events = [.. from.Log.Skip((int)after).Where(happened => happened.Seq >= from.Kept).Take(limit)];
            EventsRead += events.Length;
            return events;
        }
    }

    private sealed class Room(RoomFeed feed)
    {
        public List<RoomEvent> Log { get; } = [];

        public RoomFeed Feed { get; set; } = feed;

        public string Epoch { get; } = "e1";

        public int In { get; set; }

        public long Kept { get; set; } = 1;

        public Func<long>? SharedHead { get; init; }
    }
}
