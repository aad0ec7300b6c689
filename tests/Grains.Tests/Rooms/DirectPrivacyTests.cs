using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using OrleansChat.Grains.Tests.MessageLog;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// Presence, read marks and typing in a direct room. The two users do not notice each other until both have sent an
/// event.
/// </summary>
public sealed class DirectPrivacyTests(SiloTestCluster cluster)
{
    private readonly string _ann = SiloTestCluster.Fresh("ann");
    private readonly string _bob = SiloTestCluster.Fresh("bob");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Room => RoomKey.Direct(_ann, _bob);

    private string[] Both => [.. new[] { _ann, _bob }.Order(StringComparer.Ordinal)];

    [Fact]
    public async Task DirectRoom_WhenOnlyOneUserHasWritten_HidesTheUsers()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.PostAsync(Room, _ann, "buy this");

        var bob = await EnterAsync(other, _bob);
        var ann = await EnterAsync(one, _ann);
        await cluster.Room(Room).SyncAttachmentsAsync(other.Id, [_bob], default);
        await other.SendOneAsync(Room, new MarkRead(_bob, 1));
        await cluster.Room(Room).TypingAsync(_bob);
        var (annSees, bobSees) = (await SeenByAsync(_ann), await SeenByAsync(_bob));
        await other.SendOneAsync(Room, new Exit(_bob, false));
        var annSeesNobody = await SeenByAsync(_ann);
        var bobSeesNobody = await SeenByAsync(_bob);
        await EnterAsync(other, _bob);
        var synced = await cluster.Room(Room).SyncAttachmentsAsync(one.Id, [_ann], default);

        await one.PostAsync(Room, _ann, "are you there?");
        await one.UntilHeadAsync(Room, 2);
        await other.UntilHeadAsync(Room, 2);
        Assert.Equal((1, 1), (ann.Count, bob.Count));
        Assert.Equal([_ann], annSees);
        Assert.Equal([_bob], bobSees);
        Assert.Equal([_ann], annSeesNobody);
        Assert.Empty(bobSeesNobody);
        Assert.Empty(synced.Missed);
        Assert.Equal([new RoomMark(Room, _bob, 1, OwnOnly: true)], one.Items.OfType<RoomMark>());
        Assert.DoesNotContain(one.Items.Concat(other.Items), item => item is RoomPresence or RoomTyping);
    }

    [Fact]
    public async Task DirectRoom_WhenTheSecondUserWrites_ShowsTheUsers()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.PostAsync(Room, _ann, "hello");
        await EnterAsync(one, _ann);
        await EnterAsync(other, _bob);

        await other.SendOneAsync(Room, About(1, _bob, RoomEventKind.React, "+1"));

        foreach (var gateway in new[] { one, other })
        {
            var update = await gateway.UntilAsync<RoomPresence>(_ => true);
            Assert.Equal(Both, update.Arrived.Order(StringComparer.Ordinal));
            Assert.Equal((2, 0), (update.Count, update.Departed.Length));
        }

        Assert.Equal(Both, await SeenByAsync(_ann));
        await cluster.Room(Room).TypingAsync(_bob);
        await one.UntilAsync<RoomTyping>(typing => typing.User == _bob);
        await other.SendOneAsync(Room, new MarkRead(_bob, 2));
        await one.UntilAsync<RoomMark>(mark => mark == new RoomMark(Room, _bob, 2));
        await other.SendOneAsync(Room, new Exit(_bob, false));
        Assert.Equal([_bob], (await one.UntilAsync<RoomPresence>(update => update.Departed.Length > 0)).Departed);
        Assert.Equal(2, (await EnterAsync(other, _bob)).Count);
    }

    [Fact]
    public async Task DirectRoom_WhenItIsActivatedAgain_RemembersWhoHasWritten()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.PostAsync(Room, _ann, "hello");
        await cluster.Silos.DeactivateAsync(cluster.Room(Room));
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));
        var before = await SeenByAsync(_ann);

        var answer = await gateway.PostAsync(Room, _bob, "oh no");
        await gateway.SendOneAsync(Room, About(answer.Seq, _bob, RoomEventKind.Delete));
        await cluster.Silos.DeactivateAsync(cluster.Room(Room));
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));

        Assert.Equal([_ann], before);
        Assert.Equal(Both, await SeenByAsync(_ann));
    }

    [Fact]
    public async Task DirectRoom_WhenItsFirstCommitIsOfBoth_ShowsTheUsers()
    {
        await using var gateway = await cluster.GatewayAsync();

        await gateway.SendAsync(Room, Say(_ann, "hello"), Say(_bob, "hi"));
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));

        Assert.Equal(Both, await SeenByAsync(_ann));
        await gateway.UntilAsync<RoomPresence>(update => update.Count == 2);
    }

    [Fact]
    public async Task DirectRoom_WhenItExistsAtItsCreation_KnowsWhoHasWritten()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendOneAsync(Room, new Enter(_ann, RoomKind.Direct, null));
        cluster.Log[Room].Hold();
        var first = gateway.SendOneAsync(Room, Say(_ann, "hello"));
        await cluster.Log[Room].Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);

        // Another activation, on a silo that does not know this one, creates the room meanwhile.
        await cluster.Log.CreateUnriggedAsync(new(Room, RoomKind.Direct, [Entries.Msg(_bob, "1")]), Ct);
        cluster.Log[Room].Release();
        await first;
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));

        Assert.Equal(Both, await SeenByAsync(_ann));
    }

    [Fact]
    public async Task DirectRoom_WhenTheSecondUsersOkIsLost_ShowsTheUsersAfterTheRetry()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.PostAsync(Room, _ann, "hello");
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));
        var say = Say(_bob, "hi");
        cluster.Log[Room].LosesAnswers = true;
        Assert.Equal(Refusal.Unavailable, Assert.IsType<Refused>(await gateway.SendOneAsync(Room, say)).Reason);
        Assert.DoesNotContain(gateway.Items, item => item is RoomPresence);
        cluster.Log[Room].LosesAnswers = false;

        Assert.True(Assert.IsType<Posted>(await gateway.SendOneAsync(Room, say)).Duplicate);

        Assert.Equal(Both, (await gateway.UntilAsync<RoomPresence>(_ => true)).Arrived.Order(StringComparer.Ordinal));
        Assert.Equal(Both, await SeenByAsync(_ann));
    }

    [Fact]
    public async Task DirectRoom_WhenTheAppendOfTheSecondUserFails_HidesTheUsers()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.PostAsync(Room, _ann, "hello");
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));
        cluster.Log[Room].Refused = "poison";

        Assert.IsType<Refused>(await gateway.SendOneAsync(Room, Say(_bob, "poison")));
        cluster.Log[Room].Hold();
        var waiting = gateway.SendOneAsync(Room, Say(_bob, "hi"));
        await cluster.Log[Room].Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);

        Assert.Equal([_ann], await SeenByAsync(_ann));
        Assert.DoesNotContain(gateway.Items, item => item is RoomPresence);
        cluster.Log[Room].Release();
        await waiting;
        await gateway.UntilAsync<RoomPresence>(update => update.Count == 2);
    }

    [Fact]
    public async Task DirectRoom_WhenANewerActivationGotTheAnswer_ShowsTheUsersThere()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.PostAsync(Room, _ann, "hello");
        await gateway.SendAsync(Room, new Enter(_ann, null, null), new Enter(_bob, null, null));
        var claim = await cluster.Log.ClaimAsync(Room, Ct);
        await cluster.Log.AppendAsync(Room, claim!.Number, Entries.Msg(_bob, "1"));
        var stale = await SeenByAsync(_ann);

        await Assert.ThrowsAsync<IOException>(() => cluster.Room(Room).SyncAttachmentsAsync(gateway.Id, Both, default));
        await gateway.UntilAsync<RoomMoved>(moved => moved.Room == Room);
        await cluster.Room(Room).SyncAttachmentsAsync(gateway.Id, Both, default);

        Assert.Equal([_ann], stale);
        Assert.Equal(Both, await SeenByAsync(_ann));
        await gateway.UntilAsync<RoomPresence>(update => update.Count == 2);
    }

    [Fact]
    public async Task DirectRoom_WhenTheSiloDiesAfterTheAnswer_NamesTheUsers()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.PostAsync(Room, _ann, "hello");
        await EnterAsync(one, _ann);
        await EnterAsync(other, _bob);

        // The first activation commits the answer, and ends before it publishes the presence.
        await cluster.Silos.DeactivateAsync(cluster.Room(Room));
        var claim = await cluster.Log.ClaimAsync(Room, Ct);
        await cluster.Log.AppendAsync(Room, claim!.Number, Entries.Msg(_bob, "1"));
        await cluster.Room(Room).SyncAttachmentsAsync(one.Id, [_ann], default);
        await cluster.Room(Room).SyncAttachmentsAsync(other.Id, [_bob], default);

        await one.UntilAsync<RoomPresence>(update => update.Arrived.Contains(_bob));
        await other.UntilAsync<RoomPresence>(update => update.Arrived.Contains(_bob));
        await one.UntilAsync<RoomPresence>(update => update.Arrived.Contains(_ann));
    }

    [Fact]
    public async Task DirectRoom_WhenTheAnswerComesBeforeTheReport_NamesTheUsers()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.PostAsync(Room, _ann, "hello");
        await EnterAsync(one, _ann);
        await cluster.Silos.DeactivateAsync(cluster.Room(Room));
        await EnterAsync(other, _bob);
        await other.PostAsync(Room, _bob, "hi");

        // The gateway of Ann reports its users to the new activation only now.
        await cluster.Room(Room).SyncAttachmentsAsync(one.Id, [_ann], default);

        await other.UntilAsync<RoomPresence>(update => update.Arrived.Contains(_bob));
        Assert.Equal(2, (await other.UntilAsync<RoomPresence>(update => update.Arrived.Contains(_ann))).Count);
    }

    [Fact]
    public async Task Notes_WhenTheUserHasTwoDevices_ShowThePresence()
    {
        await using var gateway = await cluster.GatewayAsync();
        var notes = RoomKey.Direct(_ann, _ann);
        await gateway.PostAsync(notes, _ann, "remember");

        await gateway.EnterAsync(notes, _ann, create: null);
        await gateway.SendOneAsync(notes, new MarkRead(_ann, 1));

        Assert.Equal([_ann], (await gateway.UntilAsync<RoomPresence>(update => update.Room == notes)).Arrived);
        await gateway.UntilAsync<RoomMark>(mark => mark == new RoomMark(notes, _ann, 1));
    }

    private Task<Entered> EnterAsync(TestGateway gateway, string user) => gateway.EnterAsync(Room, user, create: null);

    private async Task<string[]> SeenByAsync(string user)
    {
        var who = await cluster.Room(Room).WhoAsync(user, 10);
        Assert.Equal(who.Count, who.Users!.Length);
        return [.. who.Users.Order(StringComparer.Ordinal)];
    }
}
