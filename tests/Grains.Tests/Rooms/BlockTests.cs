using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Tests.Cluster;
using OrleansChat.Grains.Tests.MessageLog;
using OrleansChat.TestSupport;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Blocks between users, through the grains.</summary>
public sealed class BlockTests(SiloTestCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly Refused ByOther = new(Refusal.Forbidden, "this user does not accept your messages");
    private static readonly Refused ByYou = new(Refusal.Forbidden, "you have blocked this user; unblock the user first");

    private readonly string _ann = SiloTestCluster.Fresh("ann");
    private readonly string _bob = SiloTestCluster.Fresh("bob");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Room => RoomKey.Direct(_ann, _bob);

    [Fact]
    public async Task Block_WhenStored_RefusesTheEventsOfBoth()
    {
        await using var gateway = await cluster.GatewayAsync();
        var say = Say(_bob, "hello");
        await gateway.SendAsync(Room, say, Say(_ann, "hi"));

        await BlockAsync(_ann, _bob);
        var bobs = await gateway.SendAsync(
            Room, Say(_bob, "please"), About(1, _bob, RoomEventKind.Edit, "better"), About(1, _bob, RoomEventKind.Delete),
            About(2, _bob, RoomEventKind.React, "+1"), Change(_bob, RoomEventKind.Invite, _ann), say);
        var anns = await gateway.SendAsync(Room, Say(_ann, "well"), About(2, _ann, RoomEventKind.Delete));

        Assert.All(bobs[..^1], reply => Assert.Equal(ByOther, reply));
        Assert.Equal((1, true), Assert.IsType<Posted>(bobs[^1]) is var first ? (first.Seq, first.Duplicate) : default);
        Assert.All(anns, reply => Assert.Equal(ByYou, reply));
        foreach (var user in (string[])[_ann, _bob])
        {
            Assert.Equal(2, (await cluster.History.PageAsync(new(Room, user, 0, 10, 0), Ct)).Events.Length);
            Assert.Equal(2, Assert.IsType<Entered>(await gateway.SendOneAsync(Room, new Enter(user, null, null))).Seq);
        }

        Assert.Equal([_bob], await cluster.History.BlocksAsync(_ann));
        await BlockAsync(_bob, _ann);
        Assert.Equal(ByYou, await gateway.SendOneAsync(Room, Say(_bob, "me too")));
        await BlockAsync(_ann, _bob, isOn: false);
        Assert.Equal(ByOther, await gateway.SendOneAsync(Room, Say(_ann, "sorry")));
        await BlockAsync(_bob, _ann, isOn: false);
        Assert.Equal(3, (await gateway.PostAsync(Room, _ann, "sorry")).Seq);
        Assert.Equal(4, (await gateway.PostAsync(Room, _bob, "me too")).Seq);
        Assert.Empty(await cluster.History.BlocksAsync(_ann));
    }

    [Fact]
    public async Task Block_WhenTheRoomDoesNotExist_RefusesTheFirstMessage()
    {
        await using var gateway = await cluster.GatewayAsync();
        await BlockAsync(_ann, _bob);

        var refused = await gateway.SendAsync(Room, Say(_bob, "hello"), Say(_ann, "hello"), Say(_bob, "hello?"));
        var heads = await cluster.Log.HeadsAsync([Room], Ct);
        await BlockAsync(_ann, _bob, isOn: false);

        Assert.Equal([ByOther, ByYou, ByOther], refused);
        Assert.Empty(heads);
        Assert.Equal(1, (await gateway.PostAsync(Room, _bob, "hello")).Seq);
    }

    [Fact]
    public async Task Block_WhenTheUserMayCreateNoRoom_IsTheAnswerAnyway()
    {
        await using var gateway = await cluster.GatewayAsync();
        await BlockAsync(_ann, _bob);
        for (var left = SiloTestCluster.CreatesPerUser; left > 0; left--)
        {
            Assert.Equal(TimeSpan.Zero, await cluster.User(_bob).TakeCreationAsync(SiloTestCluster.CreatesPerUser, TimeSpan.FromMinutes(1)));
        }

        // A user who may not create the room does not pay for it.
        Assert.Equal(ByOther, await gateway.SendOneAsync(Room, Say(_bob, "hello")));
    }

    /// <summary>
    /// Bob's append is in flight when ann blocks bob. The block is acknowledged at once, and the append then commits
    /// nothing.
    /// </summary>
    [Fact]
    public async Task Block_WhenAnAppendIsHeld_LetsNothingInAfterTheAnswer()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(Room, Say(_ann, "hi"), Say(_bob, "hello"));
        await gateway.SendOneAsync(Room, new Enter(_ann, null, null));
        cluster.Log[Room].Hold();
        var held = gateway.SendAsync(Room, Say(_bob, "one"), Say(_bob, "two"));
        await cluster.Log[Room].Reached.Task.WaitAsync(Patience, Ct);
        var queued = gateway.SendOneAsync(Room, Say(_bob, "three"));

        await BlockAsync(_ann, _bob).WaitAsync(Patience, Ct);
        cluster.Log[Room].Release();

        Assert.Equal([ByOther, ByOther], await held);
        Assert.Equal(ByOther, await queued);
        Assert.Equal(2, (await cluster.Log.HeadsAsync([Room], Ct))[0].Seq);

        // The activation owns the room as before.
        await BlockAsync(_ann, _bob, isOn: false);
        Assert.Equal(3, (await gateway.PostAsync(Room, _bob, "four")).Seq);
        await gateway.UntilHeadAsync(Room, 3);
        Assert.DoesNotContain(gateway.Items, item => item is RoomMoved);
    }

    /// <summary>A change of blocks that forbids nothing delays the append, and publishes each event once.</summary>
    [Fact]
    public async Task Unblock_WhenAnAppendIsHeld_AppendsItOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(Room, Say(_ann, "hi"), Say(_bob, "hello"));
        await gateway.SendOneAsync(Room, new Enter(_ann, null, null));
        cluster.Log[Room].Hold();
        var held = gateway.SendAsync(Room, Say(_bob, "one"), Say(_ann, "two"));
        await cluster.Log[Room].Reached.Task.WaitAsync(Patience, Ct);

        await BlockAsync(_ann, _bob, isOn: false).WaitAsync(Patience, Ct);
        cluster.Log[Room].Release();

        Assert.Equal([3, 4], (await held).Select(reply => Assert.IsType<Posted>(reply).Seq));
        Assert.Equal(5, (await gateway.PostAsync(Room, _bob, "three")).Seq);
        await gateway.UntilHeadAsync(Room, 5);
        Assert.Equal([3, 4, 5], gateway.Sequences(Room));
    }

    /// <summary>The claim finds the event of the append, whose answer has not arrived yet.</summary>
    [Fact]
    public async Task Block_WhenAnAppendHasCommitted_PublishesItOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(Room, Say(_ann, "hi"), Say(_bob, "hello"));
        await gateway.SendOneAsync(Room, new Enter(_ann, null, null));
        cluster.Log[Room].HoldAnswers();
        var held = gateway.SendAsync(Room, Say(_bob, "one"), Say(_ann, "two"));
        await cluster.Log[Room].Reached.Task.WaitAsync(Patience, Ct);

        await BlockAsync(_ann, _bob).WaitAsync(Patience, Ct);
        await gateway.UntilHeadAsync(Room, 4);
        cluster.Log[Room].Release();

        Assert.Equal([3, 4], (await held).Select(reply => Assert.IsType<Posted>(reply).Seq));
        Assert.Equal(ByOther, await gateway.SendOneAsync(Room, Say(_bob, "please")));
        await BlockAsync(_ann, _bob, isOn: false);
        Assert.Equal(5, (await gateway.PostAsync(Room, _bob, "three")).Seq);
        await gateway.UntilHeadAsync(Room, 5);
        Assert.Equal([3, 4, 5], gateway.Sequences(Room));
    }

    [Fact]
    public async Task Block_WhenTheCreationIsHeld_WaitsForIt()
    {
        await using var gateway = await cluster.GatewayAsync();
        cluster.Log[Room].Hold();
        var held = gateway.SendOneAsync(Room, Say(_bob, "hello"));
        await cluster.Log[Room].Reached.Task.WaitAsync(Patience, Ct);

        var blocking = BlockAsync(_ann, _bob);
        var queued = gateway.SendOneAsync(Room, Say(_bob, "hello?"));
        await Waiting.UntilAsync(() => cluster.Log.BlocksAsync(_ann, Ct).Result.Count == 1, "the block is stored");
        Assert.False(blocking.IsCompleted);
        cluster.Log[Room].Release();
        await blocking;

        Assert.Equal(1, Assert.IsType<Posted>(await held).Seq);
        await queued;
        var head = (await cluster.Log.HeadsAsync([Room], Ct))[0].Seq;
        Assert.Equal(ByOther, await gateway.SendOneAsync(Room, Say(_bob, "please")));
        Assert.Equal(head, (await cluster.Log.HeadsAsync([Room], Ct))[0].Seq);
    }

    [Fact]
    public async Task Block_WhenTheRoomIsActivatedAgain_StaysInEffect()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(Room, Say(_ann, "hi"), Say(_bob, "hello"));
        await BlockAsync(_ann, _bob);
        await cluster.Silos.DeactivateAsync(cluster.Room(Room));

        var bobs = await gateway.SendOneAsync(Room, Say(_bob, "please"));
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));

        Assert.Equal(ByOther, bobs);
        Assert.Equal([_ann], await SeenByAsync(_ann));
    }

    /// <summary>An activation on a silo that does not know the other silos owns the room, and does not know the block.</summary>
    [Fact]
    public async Task Block_WhenAnotherActivationOwnsTheRoom_FencesIt()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(Room, Say(_ann, "hi"), Say(_bob, "hello"));
        var other = (await cluster.Log.ClaimAsync(Room, Ct))!;

        await BlockAsync(_ann, _bob);

        Assert.True((await cluster.Log.AppendAsync(Room, other.Number, Entries.Msg(_bob, "zombie"))).Fenced);
        Assert.Equal(ByOther, await gateway.SendOneAsync(Room, Say(_bob, "please")));
    }

    [Fact]
    public async Task Block_WhenTheRoomCannotReadIt_IsCompletedByARetry()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(Room, Say(_ann, "hi"), Say(_bob, "hello"));
        cluster.Log[Room].Away = true;

        var refused = (await cluster.History.BlockAsync(new(_ann, _bob, IsOn: true))).Refusal;
        var stored = await cluster.History.BlocksAsync(_ann);
        cluster.Log[Room].Away = false;
        await BlockAsync(_ann, _bob);

        Assert.Equal(Refusal.Unavailable, refused?.Reason);
        Assert.NotNull(refused?.RetryMs);
        Assert.Equal([_bob], stored);
        Assert.Equal(ByOther, await gateway.SendOneAsync(Room, Say(_bob, "please")));
    }

    /// <summary>The claim fails that would read the block. The next append must not use the old claim.</summary>
    [Fact]
    public async Task Block_WhenItsClaimFails_IsReadBeforeTheNextAppend()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(Room, Say(_ann, "hi"), Say(_bob, "hello"));
        cluster.Log[Room].Away = true;
        await cluster.History.BlockAsync(new(_ann, _bob, IsOn: true));
        cluster.Log[Room].Away = false;

        var reply = await gateway.SendOneAsync(Room, Say(_bob, "please"));

        Assert.Equal(ByOther, reply);
        Assert.Equal(2, (await cluster.Log.HeadsAsync([Room], Ct))[0].Seq);
    }

    [Fact]
    public async Task Block_WhenBothAreInTheRoom_HidesThem()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(Room, Say(_ann, "hi"), Say(_bob, "hello"));
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));
        await gateway.UntilAsync<RoomPresence>(update => update is { Room: var room, Count: 2 } && room == Room);

        await BlockAsync(_ann, _bob);
        await gateway.UntilAsync("that both have left", _ => Updates().SelectMany(update => update.Departed).Order().SequenceEqual([_ann, _bob]));
        var left = Updates().Last();
        var (annSees, bobSees) = (await SeenByAsync(_ann), await SeenByAsync(_bob));
        await cluster.Room(Room).TypingAsync(_bob);
        await gateway.SendAsync(Room, new MarkRead(_bob, 2), new Exit(_bob, false), new Enter(_bob, null, null));
        var readers = await cluster.History.ReadersAsync(new(Room, _ann, 1));

        Assert.Equal(0, left.Count);
        Assert.Equal([_ann], annSees);
        Assert.Equal([_bob], bobSees);
        Assert.Empty(readers.Users);
        await BlockAsync(_ann, _bob, isOn: false);
        await gateway.UntilAsync("that both are back", _ => Later().SelectMany(update => update.Arrived).Order().SequenceEqual([_ann, _bob]));
        Assert.All(Later(), update => Assert.Equal(2, update.Count));
        Assert.Equal([_ann, _bob], (await SeenByAsync(_ann)).Order());
        Assert.Equal([new RoomMark(Room, _bob, 2, OwnOnly: true)], gateway.Items.OfType<RoomMark>().Where(mark => mark.Room == Room));
        Assert.DoesNotContain(gateway.Items, item => item is RoomTyping typing && typing.Room == Room);

        IEnumerable<RoomPresence> Updates() => gateway.Items.OfType<RoomPresence>().Where(update => update.Room == Room);
        IEnumerable<RoomPresence> Later() => Updates().Where(update => update.Version.Number > left.Version.Number);
    }

    [Fact]
    public async Task Invite_WhenTheUserBlocksTheSender_IsRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        var team = SiloTestCluster.Fresh("team");
        await gateway.EnterAsync(team, _ann, RoomKind.Group);
        await gateway.EnterAsync(team, "eve");
        var stored = Change(_ann, RoomEventKind.Invite, _bob);
        var first = Assert.IsType<Posted>(await gateway.SendOneAsync(team, stored));
        await BlockAsync(_bob, _ann);

        var again = await gateway.SendOneAsync(team, stored);
        await gateway.SendOneAsync(team, Change(_ann, RoomEventKind.Kick, _bob));
        var refused = await gateway.SendOneAsync(team, Change(_ann, RoomEventKind.Invite, _bob));
        await BlockAsync(_ann, "dan");
        var dan = await gateway.SendOneAsync(team, Change(_ann, RoomEventKind.Invite, "dan"));
        var byOther = await gateway.SendOneAsync(team, Change("eve", RoomEventKind.Invite, _bob));

        Assert.Equal(first with { Duplicate = true }, again);
        Assert.Equal(new Refused(Refusal.Forbidden, "this user does not accept invitations from you"), refused);
        Assert.IsType<Posted>(dan);
        Assert.IsType<Posted>(byOther);
    }

    [Fact]
    public async Task Mention_WhenTheUserBlocksTheSender_IsLeftOut()
    {
        await using var gateway = await cluster.GatewayAsync();
        var team = SiloTestCluster.Fresh("team");
        await gateway.EnterAsync(team, _ann, RoomKind.Group);
        await gateway.EnterAsync(team, _bob);
        await BlockAsync(_bob, _ann);

        var say = Say(_ann, "one") with { Mentions = $"eve {_bob} {MentionList.Everyone}" };
        var replies = await gateway.SendAsync(team, say, Say(_ann, "two") with { Mentions = _bob }, Say(_ann, "three") with { Mentions = $"{_ann} eve" }, say);
        await gateway.UntilHeadAsync(team, 5);

        Assert.True(Assert.IsType<Posted>(replies[3]).Duplicate);
        string?[] expected = [$"eve {MentionList.Everyone}", null, $"{_ann} eve"];
        Assert.Equal(expected, (await cluster.Log.ReadAsync(team, 2, 10, Ct)).Select(message => message.Mentions));
        Assert.Equal(
            expected,
            gateway.Items.OfType<RoomEvents>().Where(item => item.Room == team).SelectMany(item => item.Events)
                .Where(happened => happened.Kind == RoomEventKind.Msg).Select(happened => happened.Mentions));
    }

    [Fact]
    public async Task Block_WhenTheUserHasTooMany_SaysWhatToDo()
    {
        foreach (var n in BlockRules.MaxBlocks.To())
        {
            await cluster.Log.BlockAsync(_ann, $"user-{n}", Ct);
        }

        var reply = await cluster.History.BlockAsync(new(_ann, _bob, IsOn: true));

        Assert.Equal(new(TooMany: "you have blocked 1000 users; unblock one first"), reply);
        await BlockAsync(_ann, "user-1");
        Assert.Equal(BlockRules.MaxBlocks, (await cluster.History.BlocksAsync(_ann)).Length);
    }

    [Fact]
    public async Task Block_WhenAnOldProcessMayRun_IsNotStored()
    {
        await using var old = new SiloTestCluster();
        await old.InitializeAsync();
        old.Log.Version = LogVersion.First;

        var reply = await old.History.BlockAsync(new(_ann, _bob, IsOn: true));

        Assert.Equal(Refusal.Unavailable, reply.Refusal?.Reason);
        Assert.NotNull(reply.Refusal?.RetryMs);
        Assert.Empty(await old.History.BlocksAsync(_ann));
    }

    private async Task BlockAsync(string user, string blocked, bool isOn = true)
        => Assert.Equal(new ConversationReply(), await cluster.History.BlockAsync(new(user, blocked, isOn)));

    private async Task<string[]> SeenByAsync(string user) => (await cluster.Room(Room).WhoAsync(user, 10)).Users!;
}
