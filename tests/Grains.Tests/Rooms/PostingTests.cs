using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>When a room answers a post, and which answer it gives.</summary>
public sealed class PostingTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("posting");

    [Fact]
    public async Task Post_WhenTwoGatewaysPostAtOnce_GetsDenseSequencesInOrder()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.EnterAsync(_room, "ann");
        await other.EnterAsync(_room, "bob");

        var replies = await Task.WhenAll(Enumerable.Range(0, 50).SelectMany(call => new[]
        {
            one.SendAsync(_room, [.. Enumerable.Range(0, 10).Select(i => Say("ann", $"{call}.{i}"))]),
            other.SendAsync(_room, [.. Enumerable.Range(0, 10).Select(i => Say("bob", $"{call}.{i}"))]),
        }));

        var sequences = replies.SelectMany(reply => reply).Select(reply => Assert.IsType<Posted>(reply).Seq).Order();
        Assert.Equal(Enumerable.Range(1, 1000).Select(seq => (long)seq), sequences);
        await one.UntilHeadAsync(_room, 1000);
        await other.UntilHeadAsync(_room, 1000);
        Assert.Equal(Enumerable.Range(1, 1000).Select(seq => (long)seq), one.Sequences(_room));
        Assert.Equal(one.Sequences(_room), other.Sequences(_room));
    }

    [Fact]
    public async Task Post_WhenTheCommitIsHeld_IsNeitherAnsweredNorPublished()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        var rig = cluster.Log[_room];
        rig.Hold();

        var posting = gateway.PostAsync(_room, "ann", "hello");
        await rig.Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        // Wait for a round trip through the room and the gateway stream. If the room had sent an answer or an event for
        // the post, it would have arrived before the end of this round trip.
        await cluster.Room(_room).TypingAsync("ann");
        await gateway.UntilAsync<RoomTyping>(typing => typing.Room == _room);

        Assert.False(posting.IsCompleted);
        Assert.Empty(gateway.Sequences(_room));

        rig.Release();
        Assert.Equal(1, (await posting).Seq);
        await gateway.UntilHeadAsync(_room, 1);
    }

    [Fact]
    public async Task Post_WhenTheStoreRefusesItsText_IsRefusedAlone()
    {
        await using var gateway = await cluster.GatewayAsync();
        foreach (var user in (string[])["ann", "bob", "eve"])
        {
            await gateway.EnterAsync(_room, user);
        }

        cluster.Log[_room].Refused = "poison";

        var replies = await gateway.SendAsync(_room, Say("ann", "one"), Say("eve", "poison"), Say("bob", "two"));

        Assert.Equal(1, Assert.IsType<Posted>(replies[0]).Seq);
        AssertForGood(replies[1]);
        Assert.Equal(2, Assert.IsType<Posted>(replies[2]).Seq);
        await gateway.UntilHeadAsync(_room, 2);
    }

    [Fact]
    public async Task Post_WhenTheStoreRefusesTheClaim_IsRefusedForGood()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        var rig = cluster.Log[_room];
        rig.LosesAnswers = true;
        Assert.NotNull(Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Say("ann", "lost"))).RetryMs);
        (rig.LosesAnswers, rig.RefusesName) = (false, true);

        // The outcome of the last append is unknown, so the activation claims the room again before the next append.
        var reply = await gateway.SendOneAsync(_room, Say("ann", "hello"));

        AssertForGood(reply);
    }

    [Fact]
    public async Task Command_WhenTheStoreRefusesTheRoomsName_IsRefusedForGood()
    {
        await using var gateway = await cluster.GatewayAsync();
        cluster.Log[_room].RefusesName = true;

        var replies = await gateway.SendAsync(_room, Say("ann", "hello"), new Enter("ann", RoomKind.Channel, null), new MarkRead("ann", 1));

        Assert.All(replies, AssertForGood);
    }

    [Fact]
    public async Task Post_WhenTheStoreRefusesALookup_IsRefusedForGood()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        cluster.Log[_room].RefusesName = true;

        var unattached = await gateway.SendOneAsync(_room, Say("bob", "hello"));
        var unknownTarget = await gateway.SendOneAsync(_room, About(1, "ann", RoomEventKind.React, "+1"));

        AssertForGood(unattached);
        AssertForGood(unknownTarget);
    }

    [Fact]
    public async Task Post_WhenSeveralAreInOneCall_MakesOneAppend()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");

        await gateway.SendAsync(_room, [.. Enumerable.Range(0, 64).Select(i => Say("ann", $"{i}"))]);

        Assert.Equal(1, cluster.Log[_room].Appends);
    }

    [Fact]
    public async Task Post_WhenTheClientIdRepeats_ReturnsTheFirstSequenceAndIsPublishedOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        var first = await gateway.PostAsync(_room, "ann", "hello", "id-1");
        await gateway.PostAsync(_room, "ann", "another");

        var again = await gateway.PostAsync(_room, "ann", "hello", "id-1");

        Assert.Equal(first with { Duplicate = true }, again);
        await gateway.PostAsync(_room, "ann", "last");
        await gateway.UntilHeadAsync(_room, 3);
        Assert.Equal([1L, 2, 3], gateway.Sequences(_room));
    }

    [Fact]
    public async Task Post_WhenTheClientIdRepeatsInOneCall_ReturnsTheFirstSequence()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");

        var replies = await gateway.SendAsync(_room, Say("ann", "hello", "id-1"), Say("ann", "hello", "id-1"), Say("ann", "else", "id-1"));

        var first = Assert.IsType<Posted>(replies[0]);
        Assert.Equal(first with { Duplicate = true }, replies[1]);
        Assert.Equal(Refusal.Conflict, Assert.IsType<Refused>(replies[2]).Reason);
    }

    [Fact]
    public async Task Post_WhenAnotherUserHasTheSameId_StoresANewEvent()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.EnterAsync(_room, "bob");

        await gateway.PostAsync(_room, "ann", "hello", "id-1");

        Assert.Equal(new Posted(2, 0, false), await gateway.PostAsync(_room, "bob", "hello", "id-1") with { Ts = 0 });
    }

    [Fact]
    public async Task Post_WhenTheIdRepeatsWithAnotherBody_IsAConflict()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.PostAsync(_room, "ann", "hello", "id-1");

        var reply = await gateway.SendOneAsync(_room, Say("ann", "goodbye", "id-1"));

        Assert.Equal(Refusal.Conflict, Assert.IsType<Refused>(reply).Reason);
    }

    [Fact]
    public async Task Post_WhenTheTextContainsANull_IsRefusedAlone()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");

        var replies = await gateway.SendAsync(_room, Say("ann", "before"), Say("ann", "a\0b"), Say("ann", "after"));

        Assert.Equal([1L, 2], replies.OfType<Posted>().Select(posted => posted.Seq));
        Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(replies[1]).Reason);
    }

    [Fact]
    public async Task Post_WhenTheUserHasNotEntered_IsRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");

        Assert.Equal(Refusal.NotMember, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Say("bob", "hello"))).Reason);
    }

    [Fact]
    public async Task Command_WhenTheRoomDoesNotExist_IsNotFound()
    {
        await using var gateway = await cluster.GatewayAsync();

        var replies = await gateway.SendAsync(_room, Say("ann", "hello"), new Enter("ann", null, null), new MarkRead("ann", 1));

        Assert.All(replies, reply => Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(reply).Reason));
    }

    [Fact]
    public async Task Commands_WhenInOneCall_TakeEffectInOrder()
    {
        await using var gateway = await cluster.GatewayAsync();

        var replies = await gateway.SendAsync(
            _room, Say("ann", "too early"), new Enter("ann", RoomKind.Channel, null), Say("ann", "hello"), new Exit("ann", false), Say("ann", "too late"));

        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(replies[0]).Reason);
        Assert.IsType<Entered>(replies[1]);
        Assert.Equal(1, Assert.IsType<Posted>(replies[2]).Seq);
        Assert.IsType<Done>(replies[3]);
        Assert.Equal(Refusal.NotMember, Assert.IsType<Refused>(replies[4]).Reason);
    }

    [Fact]
    public async Task Enter_WhenOthersPost_PublishesEveryEventAfterTheHead()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.EnterAsync(_room, "ann");
        var posting = Task.WhenAll(Enumerable.Range(0, 200).Select(i => one.PostAsync(_room, "ann", $"{i}")));

        var entered = await other.EnterAsync(_room, "bob");

        await posting;
        await one.PostAsync(_room, "ann", "last");
        await other.UntilHeadAsync(_room, 201);
        var published = other.Sequences(_room);
        Assert.Equal(Enumerable.Range(1, published.Length).Select(i => 201L - published.Length + i), published);
        Assert.True(published[0] <= entered.Seq + 1, $"The user entered at {entered.Seq}, but the first published event is {published[0]}.");
    }

    [Fact]
    public async Task Enter_WhenAnotherKindIsRequired_IsAConflict()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");

        var reply = await gateway.SendOneAsync(_room, new Enter("ann", RoomKind.Group, RoomKind.Group));

        Assert.Equal(Refusal.Conflict, Assert.IsType<Refused>(reply).Reason);
    }

    private static void AssertForGood(RoomReply reply)
    {
        var refused = Assert.IsType<Refused>(reply);
        Assert.Equal((Refusal.Forbidden, (int?)null), (refused.Reason, refused.RetryMs));
    }
}
