using System.Collections.Concurrent;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>The way to one room: one call in flight, in order, repeated as it is.</summary>
public sealed class RoomLineTests
{
    private readonly RoomThatSays _room = new();
    private readonly ConcurrentQueue<(string Id, RoomReply Reply)> _answers = new();
    private readonly FanoutOptions _options = new() { CommandMs = 600 };

    [Fact]
    public async Task WhatIsSentMeanwhile_TravelsTogether_InOrder_OneCallAtATime()
    {
        var first = new TaskCompletionSource();
        _room.Handles = async commands =>
        {
            await first.Task;
            return RoomThatSays.Done(commands, 1);
        };
        var line = Line();
        Post(line, "a");
        await Waiting.UntilAsync(() => _room.Calls.Length == 1, "the first call");
        Post(line, "b");
        Post(line, "c");
        first.SetResult();
        await AnswersAsync(3);
        Assert.Equal(["handle a", "handle b c"], _room.Calls);
        Assert.Equal(["a", "b", "c"], _answers.Select(answer => answer.Id));
        Assert.Equal(1, _room.MostAtOnce);
    }

    [Fact]
    public async Task ACall_SaysWhichActivationKnowsWhoIsAttached()
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
        await Waiting.ForAsync(told, "the room to be told");
        Post(line, "d");
        await AnswersAsync(5);
        Assert.Equal([0, 1, 1, -1, 2], said);
    }

    [Fact]
    public async Task AnExit_OfOneWhoStays_LeavesThemAttached()
    {
        var line = Line();
        _ = line.Send(new Enter("ann", RoomKind.Channel, null), reply => _answers.Enqueue(("+ann", reply)));
        _ = line.Send(new Exit("ann", EndMembership: true, Stays: true), reply => _answers.Enqueue(("-ann", reply)));
        await AnswersAsync(2);
        await line.Claimed(2);
        await Waiting.UntilAsync(() => _room.Calls[^1] == "attend ann", "the next activation to be told of ann");
    }

    [Fact]
    public async Task ABusyRoom_IsCalledAtAPace_AndWhatComesMeanwhileTravelsTogether()
    {
        var time = new ManualTime();
        var line = await BusyAsync(time);
        Post(line, "a");
        await time.UntilArmedAsync();
        Post(line, "b");
        time.Advance(TimeSpan.FromMilliseconds(_options.CallMs - 1));
        Assert.True(time.IsArmed);
        Assert.Equal(Pace.Free, _room.Calls.Length);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await AnswersAsync(Pace.Free + 2);

        // Two had gathered: half as long again.
        Post(line, "c");
        await time.UntilArmedAsync();
        time.Advance(TimeSpan.FromMilliseconds((1.5 * _options.CallMs) - 1));
        Assert.True(time.IsArmed);
        Assert.Equal("handle a b", _room.Calls[^1]);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await AnswersAsync(Pace.Free + 3);
        Assert.Equal("handle c", _room.Calls[^1]);
    }

    [Theory]
    [InlineData(3, 256, 8192)]
    [InlineData(32, 3, 8192)]
    [InlineData(32, 256, 3)]
    public async Task ABusyRoom_IsCalledBeforeItsTime_WhereEnoughWait(int enough, int mostInACall, int mostWaiting)
    {
        (_options.CallCommands, _options.CommandsPerCall, _options.CommandsPerRoom) = (enough, mostInACall, mostWaiting);
        var time = new ManualTime();
        var line = await BusyAsync(time);
        Post(line, "a");
        await time.UntilArmedAsync();
        Post(line, "b");
        Assert.Equal(Pace.Free, _room.Calls.Length);
        Post(line, "c");
        await AnswersAsync(Pace.Free + 3);
        Assert.Equal("handle a b c", _room.Calls[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ABusyRoom_IsToldAtOnce_WhoIsAttached(bool duringACall)
    {
        var time = new ManualTime();
        var line = Line(time);
        Enter(line, "ann");
        await AnswersAsync(1);
        for (var call = 1; call < Pace.Free - 1; call++)
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
        await Waiting.UntilAsync(() => _room.Calls.Length == Pace.Free, "the last call that is free");
        if (duringACall)
        {
            Post(line, "a");
            _ = line.AttendAgain();
            last.SetResult();
        }
        else
        {
            last.SetResult();
            await AnswersAsync(Pace.Free);
            Post(line, "a");
            await time.UntilArmedAsync();
            _ = line.AttendAgain();
        }

        await AnswersAsync(Pace.Free + 1);
        Assert.Equal(["attend ann", "handle a"], _room.Calls[^2..]);
    }

    [Fact]
    public async Task ACall_CarriesNoMoreThanItsBound()
    {
        _options.CommandsPerCall = 2;
        var first = new TaskCompletionSource();
        _room.Handles = async commands =>
        {
            await first.Task;
            return RoomThatSays.Done(commands, 1);
        };
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
    public async Task ACallThatFails_IsRepeated_WithTheSameIds_BeforeWhatCameLater()
    {
        _options.CommandMs = 15_000;
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
    public async Task ACallThatWentDownWithASilo_IsRepeated_WhenTheClusterChanges_ButNotOneThatJustLeft()
    {
        var time = new ManualTime();
        _options.CommandMs = 120_000;
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
                line.Repeat();
                time.Advance(step);
                passed += step;
                return _answers.Count == 2;
            },
            "the answers of the room's next activation");
        Assert.InRange(passed, TimeSpan.FromMilliseconds(500), TimeSpan.MaxValue);

        // The silo was slow, not dead: what it says now is too late.
        lost.SetException(new TimeoutException());
        Assert.Equal(["handle a", "handle a b"], _room.Calls);
        Assert.Equal(["a", "b"], _answers.Select(answer => answer.Id));
    }

    [Fact]
    public async Task WhatIsTriedTooLong_IsATimeout_AndLaterCommandsGoOn()
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
    public async Task AnotherClaim_IsToldExactlyThoseAttached()
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
        await Waiting.UntilAsync(() => _room.Calls[^1].StartsWith("attend", StringComparison.Ordinal), "the attendance");
        Assert.Equal("attend ann cid", _room.Calls[^1]);
        Post(line, "q");
        await AnswersAsync(6);
        Assert.Equal("handle q", _room.Calls[^1]);
    }

    [Fact]
    public async Task APost_ThatANewActivationRefuses_BecauseItKnowsNobody_IsStored_AfterItWasTold()
    {
        _options.CommandMs = 15_000;
        var line = Line();
        Enter(line, "ann");
        await AnswersAsync(1);

        // The silo died; the room is back elsewhere and knows nobody.
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
    public async Task APost_OfSomebodyWhoIsNotIn_IsRefusedAtOnce()
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
    public async Task AttendanceThatFails_IsToldAgain_AndDoesNotHoldUpAnswers()
    {
        var line = Line();
        Enter(line, "ann");
        await AnswersAsync(1);
        var told = AttendsOnceItIsBack(out var back);
        _room.Handles = commands => Task.FromResult(new RoomReplies(0, [.. commands.Commands.Select(_ => new Refused(Refusal.Unavailable, "away", 500))]));
        _ = line.AttendAgain();
        Post(line, "p");
        await AnswersAsync(2);
        Assert.Equal(Refusal.Unavailable, Assert.IsType<Refused>(_answers.Last().Reply).Reason);
        back();
        await Waiting.ForAsync(told, "another attendance");
        Assert.Equal("attend ann", _room.Calls[^1]);
    }

    [Fact]
    public async Task AnEnterThatTookTooLong_LeavesNobodyInTheRoom()
    {
        // The call may have been carried out although no answer came.
        _room.Handles = _ => throw new TimeoutException("lost");
        var line = Line();
        Enter(line, "ann");
        await AnswersAsync(1);
        await Waiting.UntilAsync(() => _room.Calls[^1] == "attend", "the room to be told that nobody is here");
        await Waiting.UntilAsync(() => line.IsIdle, "the line's rest");
    }

    [Fact]
    public async Task AnExitThatTookTooLong_IsMadeGood_AlsoWhereTheRoomIsAwayLonger()
    {
        var line = Line();
        Enter(line, "ann");
        await AnswersAsync(1);
        _room.Handles = _ => throw new TimeoutException("lost");
        var tries = 0;
        _room.Attends = _ => ++tries < 3 ? throw new TimeoutException("lost") : Task.FromResult(new RoomHead("lobby", 0, 1));
        Exit(line, "ann");
        await AnswersAsync(2);
        await Waiting.UntilAsync(() => line.IsIdle, "the line's rest");
        Assert.Equal(3, tries);
        Assert.Equal(["attend", "attend", "attend"], _room.Calls[^3..]);
    }

    [Fact]
    public async Task TooManyCommands_AreRefused_ButAnExitNever()
    {
        _options.CommandsPerRoom = 2;
        var first = new TaskCompletionSource();
        _room.Handles = async commands =>
        {
            await first.Task;
            return RoomThatSays.Done(commands, 1);
        };
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
        await Waiting.UntilAsync(() => line.IsIdle, "the line's rest");
    }

    [Fact]
    public async Task ABeaconsClaim_IsFollowed_OnlyIfItIsNewer_AndSomebodyIsThere()
    {
        var line = Line();
        _ = line.Claimed(5);
        Enter(line, "ann");
        await AnswersAsync(1);
        _ = line.Claimed(1);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Single(_room.Calls);
        _room.Attends = _ => Task.FromResult(new RoomHead("lobby", 3, 2));
        _ = line.Claimed(2);
        await Waiting.UntilAsync(() => _room.Calls.Length == 2, "the attendance");
        Assert.Equal("attend ann", _room.Calls[^1]);
        await Waiting.UntilAsync(() => _heads.Contains(3), "the head that the room told");
    }

    private readonly ConcurrentQueue<long> _heads = new();
    private long _number;

    private RoomLine Line(TimeProvider? time = null) => new(
        "lobby", "gateway", GrainsInMemory.Of(("lobby", _room)), _options, new(new Meters()), time ?? TimeProvider.System,
        () => Interlocked.Increment(ref _number), () => default, attended => _heads.Enqueue(attended.Head.Seq));

    /// <summary>The room is away, and cannot be told who is attached until it is back. Completes when it was.</summary>
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

    /// <summary>A line that has used up what is free.</summary>
    private async Task<RoomLine> BusyAsync(TimeProvider time)
    {
        var line = Line(time);
        for (var call = 1; call <= Pace.Free; call++)
        {
            Post(line, $"{call}");
            await AnswersAsync(call);
        }

        return line;
    }

    private void Post(RoomLine line, string id, string user = "ann") =>
        _ = line.Send(new Post(user, id, RoomEventKind.Msg, "hello", null, null, null), reply => _answers.Enqueue((id, reply)));

    private void Enter(RoomLine line, string user) => _ = line.Send(new Enter(user, null, null), reply => _answers.Enqueue(("+" + user, reply)));

    private void Exit(RoomLine line, string user) => _ = line.Send(new Exit(user, false), reply => _answers.Enqueue(("-" + user, reply)));

    private Task AnswersAsync(int count) => Waiting.UntilAsync(() => _answers.Count >= count, $"{count} answers");
}
