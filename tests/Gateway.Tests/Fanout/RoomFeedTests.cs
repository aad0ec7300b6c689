using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>
/// The feed of one room. The stream may lose, repeat or reorder events. The feed repairs these faults from the message
/// log.
/// </summary>
public sealed class RoomFeedTests : IDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(250);
    private readonly List<RoomEvent> _log = [];
    private readonly List<SessionRig> _rigs = [];
    private readonly FanoutOptions _options = new();
    private readonly List<Subscription> _ended = [];
    private readonly List<(long After, int Limit)> _asked = [];
    private readonly RecordingMeters _heard = new();
    private readonly RoomFeed _feed;
    private Func<Task> _beforeRead = () => Task.CompletedTask;
    private int _reads;

    public RoomFeedTests() => _feed = FeedOn(TimeProvider.System);

    public void Dispose()
    {
        _rigs.ForEach(rig => rig.Dispose());
        _heard.Dispose();
    }

    [Fact]
    public async Task Deliver_WhenABatchRepeats_DropsTheDuplicates()
    {
        var rig = await LiveAsync();
        var batch = Append(2);

        await _feed.DeliverAsync(batch);
        await _feed.DeliverAsync(batch);
        await _feed.DeliverAsync(Append(1));

        Assert.Equal([1, 2, 3], rig.Seqs());
        Assert.Equal(0, _reads);
    }

    [Fact]
    public async Task Deliver_WhenAKindIsOfALaterVersion_SendsItsSequenceWithoutContent()
    {
        var rig = await LiveAsync();

        await _feed.DeliverAsync(Append(1));
        await _feed.DeliverAsync(Append(1, kind: (RoomEventKind)99));
        await _feed.DeliverAsync(Append(1));

        var events = rig.Frames.OfType<ChatEvent>().ToArray();
        Assert.Equal([(1, EventKind.Msg), (2, EventKind.Other), (3, EventKind.Msg)], events.Select(happened => (happened.Seq, happened.Kind)));
        Assert.Null(events[1].Text);
    }

    [Fact]
    public async Task Deliver_WhenSequencesAreMissing_ReadsThemOnceAndKeepsTheOrder()
    {
        var (one, other) = (await LiveAsync(), await LiveAsync());
        Append(3);
        var log = new TaskCompletionSource();
        _beforeRead = () => log.Task;

        var repair = _feed.DeliverAsync(Append(1));
        Assert.Empty(one.Seqs());
        _ = _feed.DeliverAsync(Append(2));
        log.SetResult();
        await Waiting.ForAsync(repair, "the repair");

        Assert.Equal([1, 2, 3, 4, 5, 6], one.Seqs());
        Assert.Equal(one.Seqs(), other.Seqs());
        Assert.Equal(1, _reads);
    }

    [Fact]
    public async Task Deliver_WhenEventsArriveOutOfOrder_ReordersThemWithoutARead()
    {
        var time = new ManualTime();
        var feed = FeedOn(time);
        var rig = await LiveAsync(feed: feed);
        var (first, second, third) = (Append(2), Append(1), Append(3));

        var closing = feed.DeliverAsync(third);
        await feed.DeliverAsync(second);
        await feed.DeliverAsync(third);
        Assert.Empty(rig.Seqs());
        time.Advance(_options.GapWait - TimeSpan.FromMilliseconds(1));
        await feed.DeliverAsync(first);
        Assert.Equal([1, 2, 3, 4, 5, 6], rig.Seqs());
        time.Advance(TimeSpan.FromMilliseconds(1));
        await Waiting.ForAsync(closing, "the end of the hold time");

        Assert.Equal(0, _reads);
        Assert.Equal(4, _heard["orleanschat.feed.out_of_order"]);
        Assert.Equal(3, _heard["orleanschat.feed.duplicates"]);
        Assert.Equal(1, _heard["orleanschat.feed.gaps"]);
        Assert.Equal((_options.GapWait - TimeSpan.FromMilliseconds(1)).TotalSeconds, _heard["orleanschat.feed.gap.duration"], tolerance: 1e-9);
    }

    [Fact]
    public async Task Deliver_WhenTheHoldTimeEnds_ReadsOnlyTheMissingEvents()
    {
        var time = new ManualTime();
        var feed = FeedOn(time);
        var rig = await LiveAsync(feed: feed);
        Append(2);

        var closing = feed.DeliverAsync(Append(3));
        time.Advance(_options.GapWait - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _reads);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await Waiting.ForAsync(closing, "the repair");

        Assert.Equal([1, 2, 3, 4, 5], rig.Seqs());
        Assert.Equal((0, 2), Assert.Single(_asked));
        Assert.Equal(1, _heard["orleanschat.feed.repair.reads"]);
        Assert.Equal(2, _heard["orleanschat.feed.repair.events"]);
    }

    [Fact]
    public async Task Deliver_WhenSeveralGapsAreOpen_ReadsThemInOneCall()
    {
        var time = new ManualTime();
        var feed = FeedOn(time);
        var rig = await LiveAsync(feed: feed);
        Append(1);
        var closing = feed.DeliverAsync(Append(1));
        Append(1);
        await feed.DeliverAsync(Append(1));
        Append(1);
        await feed.DeliverAsync(Append(1));

        time.Advance(_options.GapWait);
        await Waiting.ForAsync(closing, "the repair");

        Assert.Equal([1, 2, 3, 4, 5, 6], rig.Seqs());
        Assert.Equal((0, 5), Assert.Single(_asked));
    }

    [Fact]
    public async Task Deliver_WhenAGapOpensDuringARead_WaitsItsOwnHoldTime()
    {
        var time = new ManualTime();
        var feed = FeedOn(time);
        var rig = await LiveAsync(feed: feed);
        var log = new TaskCompletionSource();
        _beforeRead = () => log.Task;
        Append(1);
        var closing = feed.DeliverAsync(Append(1));
        time.Advance(_options.GapWait);
        await Waiting.UntilAsync(() => _reads == 1, "the read");

        var late = Append(1);
        await feed.DeliverAsync(Append(1));
        log.SetResult();
        await time.UntilArmedAsync();

        Assert.Equal([1, 2], rig.Seqs());

        await feed.DeliverAsync(late);
        Assert.Equal([1, 2, 3, 4], rig.Seqs());
        time.Advance(_options.GapWait);
        await Waiting.ForAsync(closing, "the end of the hold time");

        Assert.Equal(1, _reads);
        Assert.Equal(2, _heard["orleanschat.feed.gaps"]);
    }

    [Fact]
    public async Task Deliver_WhenTooManyEventsAreHeld_ReadsTheLogAtOnce()
    {
        _options.OutOfOrderEvents = 4;
        var feed = FeedOn(new ManualTime());
        var rig = await LiveAsync(feed: feed);
        Append(1);

        await Waiting.ForAsync(feed.DeliverAsync(Append(10)), "the repair, although the clock stands still");

        Assert.Equal(Enumerable.Range(1, 11).Select(seq => (long)seq), rig.Seqs());
        Assert.Equal(4, _heard["orleanschat.feed.out_of_order"]);
    }

    [Fact]
    public async Task HeadPoll_WhenOnlyTheHeadPollerKnowsAHead_ReadsWithoutTheHoldTime()
    {
        var feed = FeedOn(new ManualTime());
        var rig = await LiveAsync(feed: feed);
        Append(2);

        await feed.OnHeadPolledAsync(2);
        await Waiting.ForAsync(feed.OnHeadPolledAsync(2), "the repair, although the clock stands still");

        Assert.Equal([1, 2], rig.Seqs());
        Assert.Equal(1, _heard["orleanschat.feed.polled_gaps"]);
    }

    [Fact]
    public async Task HeadPoll_WhenTheHeadIsNewer_ReadsTheLog()
    {
        var rig = await LiveAsync();
        Append(2);

        await Waiting.ForAsync(_feed.OnHeadObservedAsync(2), "the repair");

        Assert.Equal([1, 2], rig.Seqs());
        Assert.True(_feed.OnHeadObservedAsync(2).IsCompleted);
        Assert.Equal(1, _reads);
    }

    [Fact]
    public async Task HeadPoll_WhenThePreviousHeadIsStillMissing_ReadsTheLogUpToIt()
    {
        var rig = await LiveAsync();
        Append(2);
        Assert.True(_feed.OnHeadPolledAsync(2).IsCompleted);
        Append(1);
        Assert.Empty(rig.Seqs());
        await Waiting.ForAsync(_feed.OnHeadPolledAsync(3), "the repair");
        Assert.Equal([1, 2], rig.Seqs()[..2]);
        await Waiting.ForAsync(_feed.OnHeadPolledAsync(3), "the repair of the last event");
        Assert.Equal([1, 2, 3], rig.Seqs());
        Assert.True(_feed.OnHeadPolledAsync(3).IsCompleted);
    }

    [Fact]
    public async Task Repair_WhenTheLogIsUnavailable_RetriesTheRead()
    {
        var rig = await LiveAsync();
        Append(2);
        _beforeRead = () => _reads < 3 ? throw new TimeoutException("away") : Task.CompletedTask;

        await Waiting.ForAsync(_feed.OnHeadObservedAsync(2), "the repair");

        Assert.Equal([1, 2], rig.Seqs());
    }

    [Fact]
    public async Task Repair_WhenTheLogReturnsNothing_PausesBetweenReads()
    {
        var time = new ManualTime();
        var feed = FeedOn(time);
        await LiveAsync(feed: feed);

        var repair = feed.OnHeadObservedAsync(5);
        await time.UntilArmedAsync();
        time.Advance(_options.GapWait);
        for (var read = 1; read <= 3; read++)
        {
            await Waiting.UntilAsync(() => _reads == read, "the next read");
            await time.UntilArmedAsync();
            time.Advance(Rest - TimeSpan.FromMilliseconds(1));
            Assert.True(time.IsArmed);
            Assert.Equal(read, _reads);
            if (read == 3)
            {
                Append(5);
            }

            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        await Waiting.ForAsync(repair, "the end of the repair, now that the log has the events");
    }

    [Fact]
    public async Task Repair_WhenTheLogNoLongerHasTheEvents_SendsAGap()
    {
        var rig = await LiveAsync();
        Append(10);
        _log.RemoveRange(0, 6);

        await Waiting.ForAsync(_feed.OnHeadObservedAsync(10), "the repair");
        await rig.UntilAsync(r => r.Seqs().Length == 4, "the events that the log still has");

        Assert.Equal(new Gap("lobby", 1, 6), Assert.Single(rig.Frames.OfType<Gap>()));
        Assert.Equal([7, 8, 9, 10], rig.Seqs());
    }

    [Fact]
    public async Task Repair_WhenTheGapIsHuge_LetsEachSubscriptionCatchUp()
    {
        _options.GapEvents = 10;
        var rig = await LiveAsync();
        Append(300);

        await Waiting.ForAsync(_feed.OnHeadObservedAsync(300), "the end of the repair");
        await _feed.DeliverAsync(Append(1));
        await rig.UntilAsync(r => r.Seqs().Length == 301, "all events");

        Assert.Equal(Enumerable.Range(1, 301).Select(seq => (long)seq), rig.Seqs());
    }

    [Fact]
    public async Task Deliver_WhenTheJoinHasNoAnswerYet_HoldsTheEvents()
    {
        Append(3);
        var rig = await LiveAsync(held: true);

        await _feed.DeliverAsync(Append(2));

        Assert.Empty(rig.Frames);

        rig.Rooms.AnswerAll();
        await rig.UntilAsync(r => r.Seqs().Length == 2, "the events");

        Assert.Equal([4, 5], rig.Seqs());
    }

    [Fact]
    public async Task Deliver_WhenManySubscribe_SharesBytesExceptWithTheSender()
    {
        var (ann, bob, cid) = (await LiveAsync("ann"), await LiveAsync("bob"), await LiveAsync("cid"));

        await _feed.DeliverAsync(Append(1, from: "bob", clientId: "mine"));

        var bytes = new[] { ann, bob, cid }.Select(rig =>
        {
            Assert.True(rig.SendQueue.TryTake(int.MaxValue, first: true, out var item));
            Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(item.Bytes, out var array));
            return array.Array;
        }).ToArray();

        Assert.Same(bytes[0], bytes[2]);
        Assert.NotSame(bytes[0], bytes[1]);
    }

    [Fact]
    public async Task Deliver_WhenEventsHaveLargeMentionsOrMeta_CutsThemIntoRuns()
    {
        var rig = await LiveAsync();
        var batch = Append(4);
        var large = new string('x', 10_000);
        var events = batch.Events.Select((happened, i) => i < 2 ? happened with { Mentions = large } : happened with { Meta = $"\"{large}\"" });

        await _feed.DeliverAsync(batch with { Events = [.. events] });

        List<int> runs = [];
        while (rig.SendQueue.TryTake(int.MaxValue, first: true, out var item))
        {
            runs.Add(item.Bytes.Length);
        }

        Assert.Equal(2, runs.Count);
        Assert.All(runs, bytes => Assert.InRange(bytes, 20_000, 22_000));
    }

    [Fact]
    public async Task Offer_WhenManySubscribe_EncodesTheStateOnce()
    {
        var rigs = new[] { await LiveAsync("ann"), await LiveAsync("bob"), await LiveAsync("cid") };
        var encoded = 0;

        _feed.Offer(room =>
        {
            encoded++;
            return new TypingNow(room, "bob");
        });

        Assert.All(rigs, rig => Assert.Equal(new TypingNow("lobby", "bob"), Assert.Single(rig.Frames)));
        Assert.Equal(1, encoded);
    }

    [Fact]
    public async Task Offer_WhenItIsForOneUser_ReachesOnlyThatUsersSessions()
    {
        var (ann, bob) = (await LiveAsync("ann"), await LiveAsync("bob"));
        _feed.Offer(room => new MarkMoved(room, "bob", 3), user => user == "bob");
        Assert.Empty(ann.Frames);
        Assert.Single(bob.Frames);
    }

    [Fact]
    public async Task MembershipEnd_WhenItIsDelivered_EndsTheUsersSubscriptions()
    {
        var (ann, bob) = (await LiveAsync("ann"), await LiveAsync("bob"));

        await _feed.DeliverAsync(Append(1, "ann", kind: RoomEventKind.Leave));
        await _feed.DeliverAsync(Append(1));

        Assert.Equal([1], ann.Seqs());
        Assert.Equal([1, 2], bob.Seqs());
        Assert.Equal("ann", Assert.Single(_ended).Session.User);
    }

    [Fact]
    public async Task MembershipEnd_WhenTheUserJoinedAgain_KeepsTheSubscription()
    {
        // On another gateway, Ann ends her membership and begins a new one. Then she joins the room on this gateway,
        // before the feed receives the leave event and the join event.
        await LiveAsync("bob");
        Append(1, "ann", kind: RoomEventKind.Leave);
        Append(1, "ann", kind: RoomEventKind.Join);
        var back = await LiveAsync("ann");

        await _feed.DeliverAsync(new("lobby", 1, [.. _log]));
        await _feed.DeliverAsync(Append(1));

        Assert.Empty(_ended);
        Assert.Equal([3], back.Seqs());
    }

    [Fact]
    public async Task Presence_WhenUpdatesRepeatOrAreMissing_SendsEachOnceInOrder()
    {
        var rig = await LiveAsync();
        Assert.True(_feed.Presence.TryDeliver(Notice(1, came: "bob")));
        Assert.True(_feed.Presence.TryDeliver(Notice(1, came: "bob")));
        Assert.False(_feed.Presence.TryDeliver(Notice(3, came: "dan")));
        Assert.Equal(["+bob 1"], Presences(rig));

        _feed.Presence.DeliverMissed([Notice(2, came: "cat"), Notice(3, came: "dan")]);
        Assert.True(_feed.Presence.TryDeliver(Notice(2, came: "cat")));
        Assert.True(_feed.Presence.TryDeliver(Notice(4, went: "bob")));
        Assert.Equal(["+bob 1", "+cat 2", "+dan 3", "-bob 4"], Presences(rig));
    }

    [Fact]
    public async Task Presence_WhenTheActivationChanges_DropsUpdatesOfTheOldOne()
    {
        var rig = await LiveAsync();
        Assert.True(_feed.Presence.TryDeliver(Notice(7, came: "bob")));
        Assert.False(_feed.Presence.TryDeliver(Notice(1, came: "cat", activation: 2)));

        _feed.Presence.DeliverMissed([Notice(1, came: "cat", activation: 2)]);
        Assert.True(_feed.Presence.TryDeliver(Notice(8, came: "dan")));
        Assert.Equal(["+bob 7", "+cat 1"], Presences(rig));
    }

    private static RoomPresence Notice(long number, string? came = null, string? went = null, long activation = 1) => new(
        "lobby", new(activation, number), came is null ? [] : [came], went is null ? [] : [went], (int)number);

    private static IEnumerable<string> Presences(SessionRig rig) =>
        rig.Frames.OfType<Presence>().Select(presence => $"{(presence.Online == true ? "+" : "-")}{presence.User} {presence.Count}");

    [Fact]
    public async Task MembershipEnd_WhenItPrecedesTheJoin_KeepsTheSubscription()
    {
        // Ann's cursor is older than the end of her earlier membership, so the session replays the leave event to her.
        // The feed receives the same leave event after she has joined again.
        await LiveAsync("bob");
        Append(1);
        Append(1, "ann", kind: RoomEventKind.Leave);
        Append(1, "ann", kind: RoomEventKind.Join);
        var log = new TaskCompletionSource();
        _beforeRead = () => log.Task;
        var back = await LiveAsync("ann", after: 1);

        await _feed.DeliverAsync(new("lobby", 1, [.. _log]));
        log.SetResult();
        await back.UntilAsync(rig => rig.Seqs().Length == 2, "the events that she missed");
        await _feed.DeliverAsync(Append(1));

        Assert.Empty(_ended);
        await back.UntilAsync(rig => rig.Seqs().Length == 3, "the next event");
        Assert.Equal([2, 3, 4], back.Seqs());
    }

    [Fact]
    public async Task MembershipEnd_WhenItIsInASkippedGap_EndsTheUsersSubscriptions()
    {
        _options.GapEvents = 10;
        var (ann, bob) = (await LiveAsync("ann"), await LiveAsync("bob"));
        Append(100);
        Append(1, "ann", kind: RoomEventKind.Leave);
        Append(100);

        await Waiting.ForAsync(_feed.OnHeadObservedAsync(201), "the end of the repair");
        await bob.UntilAsync(rig => rig.Seqs().Length == 201, "all 201 events");
        await ann.UntilAsync(rig => rig.Rooms.Calls.Contains("exit lobby ann"), "the end of ann's subscription");
        await _feed.DeliverAsync(Append(1));
        await bob.UntilAsync(rig => rig.Seqs().Length == 202, "the next event");

        Assert.Equal(Enumerable.Range(1, 101).Select(seq => (long)seq), ann.Seqs());
        Assert.Equal(202, bob.Seqs()[^1]);
    }

    [Fact]
    public async Task MembershipEnd_WhenTheLogNoLongerHasIt_EndsTheUsersSubscriptions()
    {
        _options.GapEvents = 10;
        var ann = await LiveAsync("ann");
        Append(50);
        _log.RemoveRange(0, 40);
        ann.Rooms.RefusesPages = Refusal.NotMember;

        await Waiting.ForAsync(_feed.OnHeadObservedAsync(50), "the end of the repair");
        await ann.UntilAsync(rig => rig.Rooms.Calls.Contains("exit lobby ann"), "the end of ann's subscription");

        Assert.Equal(new Gap("lobby", 1, 40), Assert.Single(ann.Frames.OfType<Gap>()));
        Assert.Equal(ChatErrorCode.NotMember, Assert.Single(ann.Frames.OfType<Err>()).Code);
        await _feed.DeliverAsync(Append(1));
        Assert.DoesNotContain(51, ann.Seqs());
    }

    private RoomFeed FeedOn(TimeProvider time) => new(ReadAsync, _ended.AddRange, _options, new(_heard), time);

    /// <summary>
    /// Creates a session that joins the room after the sequence <paramref name="after"/>, or at the head if it is null.
    /// If <paramref name="held"/> is true, the join has no answer yet.
    /// </summary>
    private async Task<SessionRig> LiveAsync(string user = "ann", bool held = false, RoomFeed? feed = null, long? after = null)
    {
        var rig = new SessionRig();
        _rigs.Add(rig);
        rig.Rooms.Share("lobby", feed ?? _feed, () => _log.Count);
        rig.Rooms.HoldsAnswers = held;
        await (await rig.SessionAsync(user)).HandleAsync(new Join("j", "lobby", after, null, null, null));
        if (!held)
        {
            rig.Forget();
        }

        return rig;
    }

    private RoomEvents Append(int count, string from = "bob", string? clientId = null, RoomEventKind kind = RoomEventKind.Msg)
    {
        var first = _log.Count == 0 ? 1 : _log[^1].Seq + 1;
        var events = Enumerable.Range(0, count)
            .Select(i => new RoomEvent(first + i, 1000, from, kind, "hello", null, null, null, clientId, false, first + i)).ToArray();
        _log.AddRange(events);
        return new("lobby", 1, events);
    }

    private async Task<RoomEvent[]> ReadAsync(long after, int limit)
    {
        _reads++;
        _asked.Add((after, limit));
        await _beforeRead();
        return [.. _log.Where(happened => happened.Seq > after).Take(limit)];
    }
}
