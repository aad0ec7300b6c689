using System.Collections.Concurrent;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Streams;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>
/// The room client of one room: it has one call in flight, keeps the order of commands, and retries a call unchanged.
/// </summary>
public sealed class RoomClientTests
{
    private readonly RoomThatSays _room = new();
    private readonly ConcurrentQueue<(string Id, RoomReply Reply)> _answers = new();
    private readonly FanoutOptions _options = new() { CommandTimeout = TimeSpan.FromMilliseconds(600) };

    [Fact]
    public async Task Send_WhenACallIsInFlight_JoinsTheNextCallInOrder()
    {
        var first = HoldCalls();
        var line = Line();

        Post(line, "a");
        await Waiting.UntilAsync(() => _room.Calls.Length == 1, "the first call");
        Post(line, "b");
        Post(line, "c");
        first.SetResult();
        await AnswersAsync(3);

        Assert.Equal(["handle a", "handle b c"], _room.Calls);
        Assert.Equal(["a", "b", "c"], _answers.Select(answer => answer.Id));
        Assert.Equal(1, _room.MaxAtOnce);
    }

    [Fact]
    public async Task Call_WhenTheRoomMoves_NamesTheClaimThatKnowsItsUsers()
    {
        List<long> said = [];
        _room.Handles = commands =>
        {
            said.Add(commands.Claim);
            return Task.FromResult(RoomThatSays.Done(commands, said.Count < 3 ? 1 : 2));
        };
        var told = AttendsOnceItIsBack(out var back);
        var line = Line();

        _ = line.Send(new Enter("ann", RoomKind.Channel, null), reply => _answers.Enqueue(("+ann", reply)));
        await AnswersAsync(1);
        Post(line, "a");
        await AnswersAsync(2);
        Post(line, "b");
        await AnswersAsync(3);
        Post(line, "c");
        await AnswersAsync(4);
        back();
        await Waiting.ForAsync(told, "the attend call that succeeds");
        Post(line, "d");
        await AnswersAsync(5);

        Assert.Equal([0, 1, 1, -1, 2], said);
    }

    [Fact]
    public async Task Exit_WhenTheUserStays_KeepsTheUserAttached()
    {
        var line = Line();

        _ = line.Send(new Enter("ann", RoomKind.Channel, null), reply => _answers.Enqueue(("+ann", reply)));
        _ = line.Send(new Exit("ann", EndMembership: true, Stays: true), reply => _answers.Enqueue(("-ann", reply)));
        await AnswersAsync(2);

        await line.OnClaim(2);
        await Waiting.UntilAsync(() => _room.Calls[^1] == "attend ann", "the attend call to the next activation");
    }

    [Fact]
    public async Task Send_WhenTheRoomIsBusy_WaitsBetweenCalls()
    {
        var time = new ManualTime();
        var line = await BusyAsync(time);

        Post(line, "a");
        await time.UntilArmedAsync();
        Post(line, "b");
        time.Advance(_options.CallInterval - TimeSpan.FromMilliseconds(1));
        Assert.True(time.IsArmed);
        Assert.Equal(BatchThrottle.FreeBurst, _room.Calls.Length);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await AnswersAsync(BatchThrottle.FreeBurst + 2);

        // The last call carried two commands, so this pause is 1.5 times as long as the previous pause.
        Post(line, "c");
        await time.UntilArmedAsync();
        time.Advance((1.5 * _options.CallInterval) - TimeSpan.FromMilliseconds(1));
        Assert.True(time.IsArmed);
        Assert.Equal("handle a b", _room.Calls[^1]);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await AnswersAsync(BatchThrottle.FreeBurst + 3);
        Assert.Equal("handle c", _room.Calls[^1]);
    }

    [Theory]
    [InlineData(3, 256, 8192)]
    [InlineData(32, 3, 8192)]
    [InlineData(32, 256, 3)]
    public async Task Send_WhenEnoughCommandsWait_CallsTheBusyRoomAtOnce(int enough, int mostInACall, int mostWaiting)
    {
        (_options.CallCommands, _options.CommandsPerCall, _options.CommandsPerRoom) = (enough, mostInACall, mostWaiting);
        var time = new ManualTime();
        var line = await BusyAsync(time);

        Post(line, "a");
        await time.UntilArmedAsync();
        Post(line, "b");
        Assert.Equal(BatchThrottle.FreeBurst, _room.Calls.Length);
        Post(line, "c");
        await AnswersAsync(BatchThrottle.FreeBurst + 3);

        Assert.Equal("handle a b c", _room.Calls[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sync_WhenTheRoomIsBusy_CallsTheRoomAtOnce(bool duringACall)
    {
        var time = new ManualTime();
        var line = Line(time);
        Enter(line, "ann");
        await AnswersAsync(1);
        for (var call = 1; call < BatchThrottle.FreeBurst - 1; call++)
        {
            Post(line, $"{call}");
            await AnswersAsync(call + 1);
        }

        var last = new TaskCompletionSource();
        _room.Handles = async commands =>
        {
            await last.Task;
            return RoomThatSays.Done(commands, 1);
        };
        Post(line, "last");
        await Waiting.UntilAsync(() => _room.Calls.Length == BatchThrottle.FreeBurst, "the last call that the room client makes without a pause");

        if (duringACall)
        {
            Post(line, "a");
            _ = line.SyncAttachments();
            last.SetResult();
        }
        else
        {
            last.SetResult();
            await AnswersAsync(BatchThrottle.FreeBurst);
            Post(line, "a");
            await time.UntilArmedAsync();
            _ = line.SyncAttachments();
        }

        await AnswersAsync(BatchThrottle.FreeBurst + 1);

        Assert.Equal(["attend ann", "handle a"], _room.Calls[^2..]);
    }

    [Fact]
    public async Task Call_WhenManyCommandsWait_CarriesNoMoreThanItsBound()
    {
        _options.CommandsPerCall = 2;
        var first = HoldCalls();
        var line = Line();

        Post(line, "a");
        await Waiting.UntilAsync(() => _room.Calls.Length == 1, "the first call");
        foreach (var id in (string[])["b", "c", "d"])
        {
            Post(line, id);
        }

        first.SetResult();
        await AnswersAsync(4);

        Assert.Equal(["handle a", "handle b c", "handle d"], _room.Calls);
    }

    [Fact]
    public async Task Call_WhenItFails_IsRetriedBeforeLaterCommands()
    {
        _options.CommandTimeout = TimeSpan.FromMilliseconds(15_000);
        var line = Line();
        _room.Handles = _ =>
        {
            _room.Handles = commands => Task.FromResult(RoomThatSays.Done(commands, 1));
            Post(line, "b");
            throw new TimeoutException("lost");
        };

        Post(line, "a");
        await AnswersAsync(2);

        Assert.Equal(["handle a", "handle a b"], _room.Calls);
        Assert.Equal(["a", "b"], _answers.Select(answer => answer.Id));
    }

    [Fact]
    public async Task Repeat_WhenTheClusterChanges_RetriesOnlyAnOldCall()
    {
        var time = new ManualTime();
        _options.CommandTimeout = TimeSpan.FromMilliseconds(120_000);
        var lost = new TaskCompletionSource<RoomReplies>();
        _room.Handles = _ => lost.Task;
        var line = Line(time);

        Post(line, "a");
        await Waiting.UntilAsync(() => _room.Calls.Length == 1, "the call");
        Post(line, "b");
        _room.Handles = commands => Task.FromResult(RoomThatSays.Done(commands, 1));
        var (step, passed) = (TimeSpan.FromMilliseconds(50), TimeSpan.Zero);
        await Waiting.UntilAsync(
            () =>
            {
                line.RepeatOldCalls();
                time.Advance(step);
                passed += step;
                return _answers.Count == 2;
            },
            "the answers of the room's next activation");

        Assert.InRange(passed, TimeSpan.FromMilliseconds(500), TimeSpan.MaxValue);

        // The first call fails only now, after the room client has repeated it. This late failure changes nothing.
        lost.SetException(new TimeoutException());
        Assert.Equal(["handle a", "handle a b"], _room.Calls);
        Assert.Equal(["a", "b"], _answers.Select(answer => answer.Id));
    }

    [Fact]
    public async Task Command_WhenItIsRetriedTooLong_EndsWithATimeout()
    {
        _room.Handles = _ => throw new TimeoutException("lost");
        var line = Line();

        Post(line, "a");
        await AnswersAsync(1);

        Assert.Equal(Refusal.Timeout, Assert.IsType<Refused>(_answers.Single().Reply).Reason);

        _room.Handles = commands => Task.FromResult(RoomThatSays.Done(commands, 1));
        Post(line, "b");
        await AnswersAsync(2);

        Assert.IsType<Posted>(_answers.Last().Reply);
    }

    [Fact]
    public async Task Claim_WhenItChanges_AttachesExactlyTheCurrentUsers()
    {
        var line = Line();
        Enter(line, "ann");
        Enter(line, "bob");
        Enter(line, "cid");
        Exit(line, "bob");
        await AnswersAsync(4);

        _room.Handles = commands => Task.FromResult(RoomThatSays.Done(commands, 2));
        _room.Attends = _ => Task.FromResult(new RoomHead("lobby", 7, 2));

        Post(line, "p");
        await Waiting.UntilAsync(() => _room.Calls[^1].StartsWith("attend", StringComparison.Ordinal), "the attend call");

        Assert.Equal("attend ann cid", _room.Calls[^1]);

        Post(line, "q");
        await AnswersAsync(6);

        Assert.Equal("handle q", _room.Calls[^1]);
    }

    [Fact]
    public async Task Claim_WhenItChanges_SendsWhatTheTokensGrant()
    {
        var line = Line();
        Enter(line, "ann");
        _ = line.Send(new Enter("bob", null, null) { Claimed = RoomAction.Read }, reply => _answers.Enqueue(("+bob", reply)));
        _ = line.Send(new Enter("bob", null, null) { Claimed = RoomAction.Read | RoomAction.Moderate }, reply => _answers.Enqueue(("+bob", reply)));
        await AnswersAsync(3);

        _ = line.SyncAttachments();

        await Waiting.UntilAsync(() => _room.Calls[^1] == "attend ann:None bob:Read, Moderate", "the attend call");
    }

    [Fact]
    public async Task Post_WhenANewActivationRefusesIt_IsStoredAfterTheAttach()
    {
        _options.CommandTimeout = TimeSpan.FromMilliseconds(15_000);
        var line = Line();
        Enter(line, "ann");
        await AnswersAsync(1);

        // The silo died. The next activation of the room is on another silo and knows no attached users.
        var told = false;
        _room.Attends = users =>
        {
            told = users.Contains("ann");
            return Task.FromResult(new RoomHead("lobby", 0, 2));
        };
        _room.Handles = commands => Task.FromResult(new RoomReplies(2, [.. commands.Commands.Select(
            command => told ? RoomThatSays.Done(command) : new Refused(Refusal.NotMember, "Join the room first."))]));

        Post(line, "p");
        Post(line, "q");
        await AnswersAsync(3);

        Assert.All(_answers.Skip(1), answer => Assert.IsType<Posted>(answer.Reply));
        Assert.Equal(["p", "q"], _answers.Skip(1).Select(answer => answer.Id));
        Assert.Contains("attend ann", _room.Calls);
    }

    [Fact]
    public async Task Post_WhenTheUserIsNotAttached_IsRefusedAtOnce()
    {
        var line = Line();
        Enter(line, "ann");
        await AnswersAsync(1);
        _room.Handles = commands => Task.FromResult(new RoomReplies(2, [new Refused(Refusal.NotMember, "Join the room first.")]));

        Post(line, "p", user: "eve");
        await AnswersAsync(2);

        Assert.IsType<Refused>(_answers.Last().Reply);
    }

    [Fact]
    public async Task Sync_WhenItFails_IsRetriedWithoutDelayingAnswers()
    {
        var line = Line();
        Enter(line, "ann");
        await AnswersAsync(1);
        var told = AttendsOnceItIsBack(out var back);
        _room.Handles = commands => Task.FromResult(new RoomReplies(0, [.. commands.Commands.Select(_ => new Refused(Refusal.Unavailable, "away", 500))]));

        _ = line.SyncAttachments();
        Post(line, "p");
        await AnswersAsync(2);

        Assert.Equal(Refusal.Unavailable, Assert.IsType<Refused>(_answers.Last().Reply).Reason);

        back();
        await Waiting.ForAsync(told, "another attend call");

        Assert.Equal("attend ann", _room.Calls[^1]);
    }

    [Fact]
    public async Task Enter_WhenItTimesOut_LeavesNoUserInTheRoom()
    {
        // The room may have executed the call even if the gateway received no answer.
        _room.Handles = _ => throw new TimeoutException("lost");
        var line = Line();

        Enter(line, "ann");
        await AnswersAsync(1);

        await Waiting.UntilAsync(() => _room.Calls[^1] == "attend", "the attend call without users");
        await Waiting.UntilAsync(() => line.IsIdle, "the room client to be idle");
    }

    [Fact]
    public async Task Exit_WhenItTimesOut_DetachesTheUserLater()
    {
        var line = Line();
        Enter(line, "ann");
        await AnswersAsync(1);
        _room.Handles = _ => throw new TimeoutException("lost");
        var tries = 0;
        _room.Attends = _ => ++tries < 3 ? throw new TimeoutException("lost") : Task.FromResult(new RoomHead("lobby", 0, 1));

        Exit(line, "ann");
        await AnswersAsync(2);
        await Waiting.UntilAsync(() => line.IsIdle, "the room client to be idle");

        Assert.Equal(3, tries);
        Assert.Equal(["attend", "attend", "attend"], _room.Calls[^3..]);
    }

    [Fact]
    public async Task Send_WhenTooManyCommandsWait_RefusesAllButExits()
    {
        _options.CommandsPerRoom = 2;
        var first = HoldCalls();
        var line = Line();
        Enter(line, "ann");
        await Waiting.UntilAsync(() => _room.Calls.Length == 1, "the first call");

        Post(line, "b");
        Post(line, "c");
        Post(line, "d");
        Assert.Equal(("d", Refusal.Unavailable), (_answers.Single().Id, Assert.IsType<Refused>(_answers.Single().Reply).Reason));

        Exit(line, "ann");
        Assert.Single(_answers);

        first.SetResult();
        await AnswersAsync(5);

        Assert.Equal("handle b c -ann", _room.Calls[^1]);
        await Waiting.UntilAsync(() => line.IsIdle, "the room client to be idle");
    }

    [Fact]
    public async Task Claimed_WhenTheClaimIsNewer_AttachesTheUsers()
    {
        var line = Line();
        _ = line.OnClaim(5);
        Enter(line, "ann");
        await AnswersAsync(1);

        _ = line.OnClaim(1);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Single(_room.Calls);

        _room.Attends = _ => Task.FromResult(new RoomHead("lobby", 3, 2));
        _ = line.OnClaim(2);
        await Waiting.UntilAsync(() => _room.Calls.Length == 2, "the attend call");
        Assert.Equal("attend ann", _room.Calls[^1]);
        await Waiting.UntilAsync(() => _heads.Contains(3), "the head in the room's answer");
    }

    private readonly ConcurrentQueue<long> _heads = new();
    private long _number;

    private RoomClient Line(TimeProvider? time = null) => new(
        "lobby", "gateway", GrainsInMemory.Create(("lobby", _room)), _options, new(new Meters()), time ?? TimeProvider.System,
        () => Interlocked.Increment(ref _number), () => default, attended => _heads.Enqueue(attended.Head.Seq), _ => Task.FromResult(true),
        (_, _, _, _) => Task.FromResult(true));

    /// <summary>
    /// Makes attend calls fail until the test invokes <paramref name="back"/>. The returned task completes when an
    /// attend call succeeds.
    /// </summary>
    private Task AttendsOnceItIsBack(out Action back)
    {
        var (away, told) = (true, new TaskCompletionSource());
        back = () => Volatile.Write(ref away, false);
        _room.Attends = _ =>
        {
            if (Volatile.Read(ref away))
            {
                throw new IOException("The silo is gone.");
            }

            told.TrySetResult();
            return Task.FromResult(new RoomHead("lobby", 0, 2));
        };
        return told.Task;
    }

    /// <summary>Creates a room client that has made all the calls that it may make without a pause.</summary>
    private async Task<RoomClient> BusyAsync(TimeProvider time)
    {
        var line = Line(time);
        for (var call = 1; call <= BatchThrottle.FreeBurst; call++)
        {
            Post(line, $"{call}");
            await AnswersAsync(call);
        }

        return line;
    }

    /// <summary>Makes calls to the room wait until the test completes the returned source.</summary>
    private TaskCompletionSource HoldCalls()
    {
        var held = new TaskCompletionSource();
        _room.Handles = async commands =>
        {
            await held.Task;
            return RoomThatSays.Done(commands, 1);
        };
        return held;
    }

    private void Post(RoomClient line, string id, string user = "ann") =>
        _ = line.Send(new Post(user, id, RoomEventKind.Msg, "hello", null, null, null), reply => _answers.Enqueue((id, reply)));

    private void Enter(RoomClient line, string user) => _ = line.Send(new Enter(user, null, null), reply => _answers.Enqueue(("+" + user, reply)));

    private void Exit(RoomClient line, string user) => _ = line.Send(new Exit(user, false), reply => _answers.Enqueue(("-" + user, reply)));

    private Task AnswersAsync(int count) => Waiting.UntilAsync(() => _answers.Count >= count, $"{count} answers");
}
