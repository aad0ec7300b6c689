using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// Slow mode: how often the members of a group may send a message. The tests share a cluster whose time they shift.
/// </summary>
public sealed class SlowModeTests(SlowModeTests.Shifted shifted) : IClassFixture<SlowModeTests.Shifted>
{
    private const int Seconds = 3600;

    private readonly SiloTestCluster _cluster = shifted.Cluster;
    private readonly string _room = SiloTestCluster.Fresh("slow");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Message_WhenSlowModeIsOn_WaitsForTheRestOfTheTime()
    {
        await using var gateway = await GroupAsync("bob", "cyd");
        await SlowAsync(gateway, Seconds);
        var first = await gateway.PostAsync(_room, "bob", "first", "first");

        var refused = await RefusedAsync(gateway, "bob");
        _cluster.Time.Shift(TimeSpan.FromSeconds(Seconds - 60));
        var late = await RefusedAsync(gateway, "bob");
        await gateway.PostAsync(_room, "cyd", "others are not affected");
        _cluster.Time.Shift(TimeSpan.FromMinutes(1));
        await gateway.PostAsync(_room, "bob", "second");

        Assert.Equal((Refusal.RateLimited, "slow mode is on in this group: you may send one message every 3600 s"), (refused.Reason, refused.Message));
        Assert.InRange(refused.RetryMs!.Value, (Seconds - 60) * 1000, Seconds * 1000);
        Assert.InRange(late.RetryMs!.Value, 1, 60_000);
        Assert.Equal(first with { Duplicate = true }, await gateway.SendOneAsync(_room, Say("bob", "first", "first")));
        Assert.Equal(Refusal.Conflict, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Say("bob", "other", "first"))).Reason);
    }

    [Fact]
    public async Task Message_WhenRefused_HoldsUpNoOtherPost()
    {
        await using var gateway = await GroupAsync("bob");
        await SlowAsync(gateway, Seconds);
        var seq = (await gateway.PostAsync(_room, "bob", "first")).Seq;

        var replies = await gateway.SendAsync(
            _room, Say("bob", "too early"), About(seq, "bob", RoomEventKind.React, "+1"), About(seq, "bob", RoomEventKind.Edit, "edited"),
            Change("bob", RoomEventKind.Invite, "dan"), Say("bob", "also too early"), Say(_ann, "hello"));

        Assert.Equal(
            ["RateLimited", "ok", "ok", "ok", "RateLimited", "ok"],
            replies.Select(reply => reply is Refused refused ? $"{refused.Reason}" : "ok"));
    }

    [Fact]
    public async Task Message_WhenTheSenderMayModerate_IsNotLimited()
    {
        await using var gateway = await GroupAsync("bob", "cyd");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Moderator));
        await SlowAsync(gateway, Seconds);

        var replies = await gateway.SendAsync(
            _room, Say(_ann, "1"), Say(_ann, "2"), Say("bob", "1"), Say("bob", "2"),
            Say("cyd", "1") with { Claimed = RoomAction.Moderate }, Say("cyd", "2") with { Claimed = RoomAction.Moderate }, Say("cyd", "3"));
        await gateway.SendOneAsync(_room, Set(_ann, new(false, Moderators: RoomAction.Write, Slow: Seconds)));
        var moderator = await gateway.SendAsync(_room, Say("bob", "3"));

        Assert.All(replies[..6], reply => Assert.IsType<Posted>(reply));
        Assert.Equal(Refusal.RateLimited, Assert.IsType<Refused>(replies[6]).Reason);
        Assert.Equal(Refusal.RateLimited, Assert.IsType<Refused>(moderator[0]).Reason);
    }

    [Fact]
    public async Task Message_WhenAnEarlierOneWaits_IsRefused()
    {
        await using var gateway = await GroupAsync("bob");
        await SlowAsync(gateway, Seconds);

        var replies = await WhileHeldAsync(
            gateway, Say("bob", "first", "id"), Say("bob", "second"), Say("bob", "first", "id"), Say("bob", "other", "id"));

        var first = Assert.IsType<Posted>(replies[0]);
        Assert.Equal(new Refused(Refusal.RateLimited, "slow mode is on in this group: you may send one message every 3600 s", Seconds * 1000), replies[1]);
        Assert.Equal(first with { Duplicate = true }, replies[2]);
        Assert.Equal(Refusal.Conflict, Assert.IsType<Refused>(replies[3]).Reason);
    }

    [Fact]
    public async Task Message_WhenSlowModeBeginsMeanwhile_IsDecidedByIt()
    {
        await using var gateway = await GroupAsync("bob", "cyd");

        var on = await WhileHeldAsync(
            gateway, Say("bob", "before"), Set(_ann, new(false, Slow: Seconds)), Say("bob", "after"), Say("cyd", "one"), Say("cyd", "two"));
        var off = await WhileHeldAsync(gateway, Set(_ann, RoomSettings.Default(_room)), Say("bob", "three"), Say("bob", "four"));

        Assert.Equal("ok ok RateLimited ok RateLimited", Outcomes(on));
        Assert.Equal("ok ok ok", Outcomes(off));

        static string Outcomes(RoomReply[] replies) => string.Join(' ', replies.Select(reply => reply is Refused refused ? $"{refused.Reason}" : "ok"));
    }

    [Fact]
    public async Task SlowMode_WhenTheRoomIsActivatedAgain_KnowsTheLastMessages()
    {
        await using var gateway = await GroupAsync("bob", "cyd");
        await SlowAsync(gateway, Seconds);
        await gateway.PostAsync(_room, "cyd", "hello", "c");
        await gateway.PostAsync(_room, "bob", "first");
        await gateway.SendAsync(_room, [.. Enumerable.Range(0, 250).Select(n => Say(_ann, $"{n}"))]);
        await _cluster.Silos.DeactivateAsync(_cluster.Room(_room));
        foreach (var user in new[] { _ann, "bob", "cyd" })
        {
            await gateway.EnterAsync(_room, user);
        }

        _cluster.Time.Shift(TimeSpan.FromSeconds(60));

        Assert.InRange((await RefusedAsync(gateway, "bob")).RetryMs!.Value, 1, (Seconds - 60) * 1000);
        Assert.True(Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Say("cyd", "hello", "c"))).Duplicate);
        Assert.Equal(Refusal.RateLimited, (await RefusedAsync(gateway, "cyd")).Reason);

        // The times are read once for each claim.
        var calls = _cluster.Log[_room].Calls;
        await RefusedAsync(gateway, "bob");
        Assert.Equal(1, _cluster.Log[_room].Calls - calls);
        _cluster.Time.Shift(TimeSpan.FromSeconds(Seconds - 60));
        await gateway.PostAsync(_room, "bob", "second");
    }

    [Fact]
    public async Task SlowMode_WhenItsTimeGrows_CountsEarlierMessages()
    {
        await using var gateway = await GroupAsync("bob");
        await SlowAsync(gateway, 1);
        await gateway.PostAsync(_room, "bob", "first");
        _cluster.Time.Shift(TimeSpan.FromSeconds(10));
        await gateway.PostAsync(_room, _ann, "hello");

        await SlowAsync(gateway, Seconds);

        Assert.InRange((await RefusedAsync(gateway, "bob")).RetryMs!.Value, 1, (Seconds - 10) * 1000);
    }

    [Fact]
    public async Task Times_WhenRead_AreThoseOfTheNewestEvents()
    {
        var log = _cluster.Log;
        var claim = (await log.CreateAsync(_room, RoomKind.Group, Ct)).Number;
        string[] users = [.. Enumerable.Range(0, SlowMode.MaxReadEvents + 1).Select(n => $"user-{n}")];
        foreach (var some in users.Chunk(500))
        {
            await log.AppendAsync(new(_room, claim, [.. some.Select(user => new MessageLogEntry(user, "1", 7, 5000, RoomEventKind.Msg, user, null, null, null))]), Ct);
        }

        var slow = new SlowMode((range, cancellationToken) => log.ReadAsync(_room, range, cancellationToken));
        await slow.ReadAsync(users.Length, 10, 6000, Ct);

        Assert.True(slow.IsKnown);
        Assert.Equal(SlowMode.MaxReadEvents, slow.Count);
        Assert.Equal([0, 9000, 9000], [slow.WaitOf("user-0", 10, 6000), slow.WaitOf("user-1", 10, 6000), slow.WaitOf(users[^1], 10, 6000)]);

        // Events that are older than the time of slow mode need not be read.
        var calls = log[_room].Calls;
        slow.Forget();
        await slow.ReadAsync(users.Length, 1, 6000, Ct);
        Assert.Equal(1, log[_room].Calls - calls);
    }

    [Fact]
    public async Task Times_WhenForgottenDuringARead_AreNotKnown()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<RoomEvent>>();
        var slow = new SlowMode((_, _) => answer.Task);

        var reading = slow.ReadAsync(1, 10, 6000, Ct);
        slow.Forget();
        answer.SetResult([]);
        await reading;

        Assert.False(slow.IsKnown);
    }

    [Fact]
    public void Times_WhenThereAreManyUsers_AreBounded()
    {
        var slow = new SlowMode((_, _) => throw new NotSupportedException());
        for (var i = 0; i <= SlowMode.MaxUsers; i++)
        {
            slow.Add($"user-{i}", i < 1000 ? 1000 : 50_000 + i, 10);
        }

        // The users whose time has passed are removed first.
        Assert.Equal(SlowMode.MaxUsers - 999, slow.Count);
        for (var i = 0; i <= 10_000; i++)
        {
            slow.Add($"other-{i}", 55_000 + i, 100);
            Assert.InRange(slow.Count, 1, SlowMode.MaxUsers);
        }

        Assert.Equal(100_000, slow.WaitOf("other-10000", 100, 65_000));
    }

    private async Task<Refused> RefusedAsync(TestGateway gateway, string user) => Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Say(user, "more")));

    private async Task SlowAsync(TestGateway gateway, int seconds)
        => Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Set(_ann, new(false, Slow: seconds))));

    /// <summary>Sends the commands in one call.</summary>
    private Task<RoomReply[]> WhileHeldAsync(TestGateway gateway, params RoomCommand[] commands) => gateway.WhileHeldAsync(_room, _ann, commands);

    private async Task<TestGateway> GroupAsync(params string[] members)
    {
        var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        foreach (var member in members)
        {
            await gateway.EnterAsync(_room, member);
        }

        return gateway;
    }

    /// <summary>A cluster whose time the tests shift.</summary>
    public sealed class Shifted : IAsyncLifetime
    {
        public SiloTestCluster Cluster { get; } = new();

        public ValueTask InitializeAsync() => Cluster.InitializeAsync();

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
