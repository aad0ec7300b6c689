using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>A client that reads too slowly keeps its connection and loses no event.</summary>
public sealed class SessionLagTests
{
    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Session_WhenTheSendQueueIsFull_DeliversAllEventsFromTheLog()
    {
        using var rig = new SessionRig(sendQueueBytes: 2000);
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join("lobby"));
        rig.Rooms.Append("lobby", 3);
        rig.TakeOne();
        rig.TakeOne();

        for (var i = 0; i < 200; i++)
        {
            rig.Rooms.Append("lobby");
        }

        await rig.UntilAsync(r => r.Seqs().Length >= 203, "all events");

        Assert.Equal(Enumerable.Range(1, 203).Select(seq => (long)seq), rig.Seqs());
        Assert.True(rig.Rooms.Reads > 0, "The session never lagged.");

        // Only the session knows when the subscription becomes live again. So the test appends events until one of them
        // arrives without a read of the log.
        var (expected, reads) = (203, 0);
        do
        {
            Assert.True(expected < 220, "The subscription never became live again.");
            reads = rig.Rooms.Reads;
            rig.Rooms.Append("lobby");
            expected++;
            await rig.UntilAsync(r => r.Seqs().Length >= expected, "one more event");
        }
        while (rig.Rooms.Reads > reads);
    }

    [Theory]
    [InlineData(RoomEventKind.Leave, null)]
    [InlineData(RoomEventKind.Kick, "ann")]
    public async Task Lag_WhenItDropsTheEndOfAMembership_SendsAnError(RoomEventKind kind, string? user)
    {
        using var rig = new SessionRig(sendQueueBytes: 2000);
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join("team"));
        await session.HandleAsync(Join("lobby"));
        rig.Forget();

        rig.Rooms.Append("team", from: user is null ? "ann" : "bob", text: user, kind: kind);
        for (var i = 0; i < 50; i++)
        {
            rig.Rooms.Append("lobby");
        }

        await rig.UntilAsync(r => r.Seqs().Length == 50, "all events of the other room");
        Assert.Empty(rig.Seqs("team"));
        Assert.Equal("team", Assert.Single(rig.Frames.OfType<Err>(), error => error.Code == ChatErrorCode.NotMember).Room);
    }

    [Fact]
    public async Task Lag_WhenTheEndOfAMembershipWasWritten_SendsNoError()
    {
        using var rig = new SessionRig(sendQueueBytes: 2000);
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join("team"));
        await session.HandleAsync(Join("lobby"));
        rig.Forget();

        rig.Rooms.Append("team", from: "ann", kind: RoomEventKind.Leave);
        _ = rig.Lines;
        for (var i = 0; i < 50; i++)
        {
            rig.Rooms.Append("lobby");
        }

        await rig.UntilAsync(r => r.Seqs().Length == 50, "all events of the other room");
        Assert.Equal([1], rig.Seqs("team"));
        Assert.Empty(rig.Frames.OfType<Err>());
    }

    [Fact]
    public async Task CatchUp_WhenTheQueueIsDroppedDuringItsWait_Continues()
    {
        // The session catches up on the room "big", whose events fill the send queue. So an event of the room "live"
        // does not fit, and the session drops all queued events. Then the writer has nothing to take from the queue. So
        // the drop itself must wake the catch-up loop of "big", which waits for space in the queue.
        using var rig = new SessionRig(sendQueueBytes: 4000);
        rig.Rooms.Append("big", 200);
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join("live"));
        await session.HandleAsync(new Join("b", "big", 0, null, null, null));
        await Waiting.UntilAsync(() => rig.Rooms.Reads > 0, "the first read");
        await Task.Delay(200, _cancelled);

        for (var i = 0; i < 100; i++)
        {
            rig.Rooms.Append("live");
        }

        await Waiting.UntilAsync(() => rig.Seqs("big").Length == 200 && rig.Seqs("live").Length == 100, "all events of both rooms", TimeSpan.FromSeconds(5));
        Assert.Equal(Enumerable.Range(1, 100).Select(seq => (long)seq), rig.Seqs("live"));
    }

    [Fact]
    public async Task Lag_WhenItExceedsItsLimit_SendsAGapAndTheNewestEvents()
    {
        using var rig = new SessionRig(sendQueueBytes: 1000, limits: new() { ReplayEvents = 20 }, options: new() { MaxLagEvents = 50 });
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join("lobby"));

        for (var i = 0; i < 300; i++)
        {
            rig.Rooms.Append("lobby");
        }

        await rig.UntilAsync(r => r.Seqs().Contains(300), "the newest event");
        new StrictReader().Read(rig.Frames);
        Assert.NotEmpty(rig.Frames.OfType<Gap>());
        Assert.Equal(Enumerable.Range(281, 20).Select(seq => (long)seq), rig.Seqs()[^20..]);
    }

    [Fact]
    public async Task CatchUp_WhenTheLogNoLongerHasTheEvents_SendsAGap()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 30);
        rig.Rooms.Forget("lobby", upTo: 12);

        await (await rig.SessionAsync()).HandleAsync(new Join("j", "lobby", 5, null, null, null));

        await rig.UntilAsync(r => r.Seqs().Contains(30), "the events that the log still has");
        Assert.Equal(new Gap("lobby", 6, 12), Assert.Single(rig.Frames.OfType<Gap>()));
        Assert.Equal(Enumerable.Range(13, 18).Select(seq => (long)seq), rig.Seqs());
    }

    [Fact]
    public async Task CatchUp_WhenTheLogIsUnavailable_RetriesAndLosesNothing()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 5);
        var failures = 0;
        rig.Rooms.BeforeRead = () => ++failures <= 2 ? throw new TimeoutException("away") : Task.CompletedTask;

        await (await rig.SessionAsync()).HandleAsync(new Join("j", "lobby", 0, null, null, null));

        await rig.UntilAsync(r => r.Seqs().Length == 5, "the replay, now that the log is available again");
        Assert.Equal(3, failures);
    }

    [Fact]
    public async Task CatchUp_WhenTheClusterClientCancelsACall_Continues()
    {
        // A cluster client that restarts or stops cancels its calls. A cancelled call must not end the client's
        // connection.
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 5);
        var failures = 0;
        rig.Rooms.BeforeRead = () => ++failures == 1 ? throw new TaskCanceledException("not ours") : Task.CompletedTask;

        await (await rig.SessionAsync()).HandleAsync(new Join("j", "lobby", 0, null, null, null));

        await rig.UntilAsync(r => r.Seqs().Length == 5, "the replay");
    }

    [Fact]
    public async Task CatchUp_WhenAnEventDoesNotFit_WaitsForSpace()
    {
        using var rig = new SessionRig(sendQueueBytes: 4000);
        rig.Rooms.Append("lobby", 15);
        for (var i = 0; i < 5; i++)
        {
            rig.Rooms.Append("lobby", text: new string('x', 3500));
        }

        await (await rig.SessionAsync()).HandleAsync(new Join("j", "lobby", 0, null, null, null));
        await Waiting.UntilAsync(() => rig.Rooms.Reads > 0, "the first read");
        await Task.Delay(500, _cancelled);

        Assert.InRange(rig.Rooms.Reads, 1, 20);
        await rig.UntilAsync(r => r.Seqs().Length == 20, "all 20 events");
        Assert.Equal(Enumerable.Range(1, 20).Select(seq => (long)seq), rig.Seqs());
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10_000)]
    public async Task CatchUp_WhenTheReaderIsSlow_LimitsRepeatedReads(int characters)
    {
        // A page can be much larger than the send queue. If events of a page do not fit, the session has to read them
        // again. So the page size has to follow the space in the queue.
        const int Events = 600;
        using var rig = new SessionRig(sendQueueBytes: 64 * 1024, limits: new() { ReplayEvents = Events });
        rig.Rooms.Append("lobby", Events, text: new string('x', characters));

        await (await rig.SessionAsync()).HandleAsync(new Join("j", "lobby", 0, null, null, null));

        await Waiting.UntilAsync(
            () =>
            {
                // Takes one item and then pauses, like the writer of a slow peer.
                _ = rig.TakeOne();
                return rig.Taken.Count(line => line.StartsWith("""{"t":"ev",""", StringComparison.Ordinal)) == Events;
            },
            "all events",
            TimeSpan.FromMinutes(2));

        Assert.InRange(rig.Rooms.EventsRead, Events, 3 * Events);
    }

    [Fact]
    public async Task State_WhenItDoesNotFit_IsDroppedWithoutLag()
    {
        using var rig = new SessionRig(sendQueueBytes: 1000);
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join("lobby"));

        for (var i = 0; i < 100; i++)
        {
            rig.Rooms.Offer("lobby", room => new TypingNow(room, "bob"));
        }

        Assert.InRange(rig.Frames.OfType<TypingNow>().Count(), 1, 50);
        Assert.Equal(0, rig.Rooms.Reads);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Session_WhenTheScheduleIsRandom_SendsDenseSequences(int seed)
    {
        string[] rooms = ["a", "b", "c"];
        var random = new Random(seed);
        using var rig = new SessionRig(
            sendQueueBytes: 3000, limits: new() { ReplayEvents = 60 }, options: new() { CatchUpEvents = 16, MaxLagEvents = 150 });
        var session = await rig.SessionAsync();
        var reader = new StrictReader();
        var late = new List<RoomEvents>();
        var away = 0;
        rig.Rooms.BeforeRead = async () =>
        {
            await Task.Yield();
            if (Volatile.Read(ref away) > 0)
            {
                throw new TimeoutException("away");
            }
        };

        var read = 0;
        foreach (var room in rooms)
        {
            await session.HandleAsync(Join(room));
        }

        // If the machine is busy and the reader has not yet read enough events, the test takes more steps.
        for (var step = 0; step < 6000 || (reader.Events <= 1000 && step < 300_000); step++)
        {
            var room = rooms[random.Next(rooms.Length)];
            switch (random.Next(1000))
            {
                case < 200:
                    rig.Rooms.Append(room, random.Next(1, 6));
                    break;
                case < 220:
                    late.Add(rig.Rooms.Append(room, random.Next(1, 4), deliver: false));
                    break;
                case < 260 when late.Count > 0:
                    rig.Rooms.Deliver(late[random.Next(late.Count)]);
                    break;
                case < 270:
                    rig.Rooms.Append(room, deliver: false);
                    break;
                case < 320:
                    rig.Rooms.PollHead(room);
                    break;
                case < 830:
                    for (var taken = random.Next(16); taken > 0 && rig.TakeOne(); taken--)
                    {
                    }

                    break;
                case < 833:
                    await session.HandleAsync(new Leave("l", room, true));
                    break;
                case < 870:
                    await session.HandleAsync(new Join("j", room, reader.Cursor(room), null, null, null));
                    break;
                case < 875:
                    await session.HandleAsync(new Join("j", room, null, null, random.Next(1, 30), null));
                    break;
                case < 878:
                    rig.Rooms.HoldsAnswers = true;
                    break;
                case < 890:
                    rig.Rooms.HoldsAnswers = false;
                    rig.Rooms.AnswerAll();
                    break;
                case < 900:
                    Volatile.Write(ref away, random.Next(30) == 0 ? 1 : 0);
                    break;
                case < 930:
                    await Task.Delay(1, _cancelled);
                    break;
                case < 970:
                    await Task.Yield();
                    break;
                default:
                    rig.Rooms.Offer(room, name => new TypingNow(name, "bob"));
                    break;
            }

            // The reader checks the new lines in each step. So the next join uses the cursor after the last line that
            // the test has taken.
            read = reader.Read(rig.Taken, read);
        }

        rig.Rooms.HoldsAnswers = false;
        rig.Rooms.AnswerAll();
        Volatile.Write(ref away, 0);
        foreach (var room in rooms)
        {
            await session.HandleAsync(new Join("j", room, reader.Cursor(room), null, null, null));
            rig.Rooms.PollHead(room);
        }

        await Waiting.UntilAsync(
            () =>
            {
                while (rig.TakeOne())
                {
                }

                read = reader.Read(rig.Taken, read);
                return rooms.All(room => reader.Cursor(room) == rig.Rooms.Head(room));
            },
            $"the cursors of all rooms to reach their heads (seed {seed}: {string.Join(", ", rooms.Select(room => $"{room} {reader.Cursor(room)} of {rig.Rooms.Head(room)}"))})");
        Assert.True(reader.Events > 1000, $"The reader read only {reader.Events} of {rooms.Sum(rig.Rooms.Head)} events.");
    }

    private static Join Join(string room) => new("j", room, null, null, null, null);
}
