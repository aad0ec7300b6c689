using System.Diagnostics;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// Silos with an authorizer: every command and every read asks it, and nothing is allowed without its answer.
/// </summary>
public sealed class AuthorizerTests(AuthorizerCluster rig) : IClassFixture<AuthorizerCluster>
{
    private static readonly Refused Denied = new(Refusal.Forbidden, "this server does not allow you to do this in this room");
    private static readonly Refused NoRoom = new(Refusal.NotFound, "there is no such room");
    private static readonly Refused NoDecision =
        new(Refusal.Unavailable, "the server cannot decide now whether you may do this; try again", 1000);

    private readonly SiloTestCluster _cluster = rig.Cluster;
    private readonly TestAuthorizer _authorizer = rig.Authorizer;
    private readonly string _room = SiloTestCluster.Fresh("room");
    private readonly string _private = SiloTestCluster.Fresh("~private");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Channel_WhenAnActionIsDenied_RefusesItOnEveryPath()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        _authorizer.Set(_room, request => request.User switch
        {
            "eve" => RoomDecision.Deny,
            "bob" when request.Action is RoomAction.Write or RoomAction.React => RoomDecision.Deny,
            _ => RoomDecision.Abstain,
        });

        var eve = await gateway.SendAsync(_room, new Enter("eve", RoomKind.Channel, null), new Enter("eve", null, null, AsMember: true), new MarkRead("eve", 1));
        await gateway.EnterAsync(_room, "bob");
        var bob = await gateway.SendAsync(_room, Say("bob", "hello"), About(1, "bob", RoomEventKind.React, "x"));

        Assert.All(eve, reply => Assert.Equal(Denied, reply));
        Assert.All(bob, reply => Assert.Equal(Denied, reply));
        Assert.Equal(Refusal.Forbidden, (await _cluster.History.PageAsync(new(_room, "eve", 0, 10, 0), Ct)).Refusal);
        Assert.Equal(Refusal.Forbidden, (await _cluster.History.MembersAsync(new(_room, "eve", "", 10))).Refusal);
        Assert.Equal(Refusal.Forbidden, (await _cluster.History.WhoAsync(_room, "eve", 10)).Refusal);
        Assert.Equal(Refusal.Forbidden, (await _cluster.Room(_room).WhoAsync("eve", 10)).Refusal);
    }

    [Theory]
    [InlineData(RoomKind.Group, RoomAction.Pin)]
    [InlineData(RoomKind.Channel, RoomAction.Moderate)]
    public async Task Pin_WhenTheActionIsDecided_FollowsTheDecision(RoomKind kind, RoomAction action)
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, kind);
        await gateway.EnterAsync(_room, "bob");
        var message = (await gateway.PostAsync(_room, _ann, "hello")).Seq;
        _authorizer.Set(
            _room, request => request.Action != action ? RoomDecision.Abstain : request.User == "bob" ? RoomDecision.Allow : RoomDecision.Deny);

        Assert.Equal(Denied, await gateway.SendOneAsync(_room, About(message, _ann, RoomEventKind.Pin) with { Claimed = action }));
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, About(message, "bob", RoomEventKind.Pin)));
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, About(message, "bob", RoomEventKind.Unpin)));
    }

    [Fact]
    public async Task Moderation_WhenItIsDecided_DecidesSlowModeAndChanges()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob");
        await gateway.SendOneAsync(_room, Set(_ann, new(false, Slow: 3600)));
        _authorizer.Set(
            _room, request => request.Action != RoomAction.Moderate ? RoomDecision.Abstain : request.User == "bob" ? RoomDecision.Allow : RoomDecision.Deny);

        var replies = await gateway.SendAsync(_room, Say("bob", "1"), Say("bob", "2"), Say(_ann, "1"), Say(_ann, "2"));

        Assert.Equal([null, null, null, Refusal.RateLimited], replies.Select(reply => (reply as Refused)?.Reason));
        Assert.Null((await _cluster.History.PageAsync(new(_room, "bob", 0, 10, 0, Of: PageOf.Changes), Ct)).Refusal);
        Assert.Equal(Refusal.Forbidden, (await _cluster.History.PageAsync(new(_room, _ann, 0, 10, 0, Of: PageOf.Changes), Ct)).Refusal);
    }

    [Fact]
    public async Task Conversations_WhenReadingIsDenied_AreNotListedOrChanged()
    {
        await using var gateway = await _cluster.GatewayAsync();
        _authorizer.Set(_private, request => request is { Action: RoomAction.Read, Claimed: RoomAction.None } ? RoomDecision.Deny : RoomDecision.Abstain);
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        var before = await _cluster.History.ConversationsAsync(new(_ann, null, "", 10));
        await gateway.SendOneAsync(_private, new Enter(_ann, RoomKind.Group, null) { Claimed = RoomAction.React });
        await gateway.PostAsync(_room, _ann, "hello");

        var list = await _cluster.History.ConversationsAsync(new(_ann, null, "", 10));
        var changes = await _cluster.History.ConversationsAsync(new(_ann, null, "", 10, before.Cursor));
        var pinned = await _cluster.History.SetConversationAsync(new(_private, _ann, Pinned: true));
        var absent = await _cluster.History.SetConversationAsync(new(SiloTestCluster.Fresh("~absent"), _ann, Pinned: true));

        Assert.Equal([_private, _room], (await _cluster.Log.ConversationsAsync(_ann, null, 10, Ct)).Rows.Select(row => row.Room).Order(StringComparer.Ordinal).Reverse());
        Assert.Equal([_room], list.Conversations.Select(row => row.Room));
        Assert.Equal([_room], changes.Conversations.Select(row => row.Room));
        Assert.Equal([_private], changes.Removed!);
        Assert.Equal(NoRoom, pinned.Refusal);
        Assert.Equal(pinned, absent);
    }

    [Fact]
    public async Task Group_WhenTheCreatorMayOnlyRead_IsNotCreated()
    {
        await using var gateway = await _cluster.GatewayAsync();
        _authorizer.Set(_room, request => request.Action == RoomAction.Join ? RoomDecision.Deny : RoomDecision.Allow);

        var reply = await gateway.SendOneAsync(_room, new Enter(_ann, RoomKind.Group, null));

        Assert.Equal(Denied, reply);
        Assert.Empty(await _cluster.Log.HeadsAsync([_room], Ct));
    }

    [Fact]
    public async Task Channel_WhenJoiningIsDenied_IsNotCreated()
    {
        await using var gateway = await _cluster.GatewayAsync();
        _authorizer.Set(_room, request => request.Action == RoomAction.Join ? RoomDecision.Deny : RoomDecision.Abstain);

        var reply = await gateway.SendOneAsync(_room, new Enter(_ann, RoomKind.Channel, null));

        Assert.Equal(Denied, reply);
        Assert.Empty(await _cluster.Log.HeadsAsync([_room], Ct));
        Assert.Contains(new RoomRequest(_room, RoomKind.Channel, _ann, RoomAction.Join, RoomAction.None, RoomRole.None), _authorizer.AskedOf(_room));
    }

    [Fact]
    public async Task DirectRoom_WhenAllIsAllowed_StaysClosedToOthers()
    {
        await using var gateway = await _cluster.GatewayAsync();
        var room = RoomKey.Direct(_ann, "bob");
        _authorizer.Set(room, request => request.User == "bob" ? RoomDecision.Deny : RoomDecision.Allow);

        var eve = await gateway.SendAsync(room, Say("eve", "hello"), new Enter("eve", null, null), new MarkRead("eve", 1));
        var first = await gateway.SendOneAsync(room, Say(_ann, "hello"));
        var bob = await gateway.SendOneAsync(room, Say("bob", "hello"));

        Assert.All(eve, reply => Assert.Equal("this conversation belongs to two other people", Assert.IsType<Refused>(reply).Message));
        Assert.IsType<Posted>(first);
        Assert.Equal(Denied, bob);
        Assert.DoesNotContain(_authorizer.AskedOf(room), request => request.User == "eve");
        Assert.Equal(Refusal.Forbidden, (await _cluster.History.PageAsync(new(room, "eve", 0, 10, 0), Ct)).Refusal);
        Assert.Null((await _cluster.History.PageAsync(new(room, "bob", 0, 10, 0), Ct)).Refusal);
    }

    [Fact]
    public async Task PrivateGroup_WhenJoiningIsAllowed_AdmitsOnlyThatUser()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_private, _ann, RoomKind.Group);
        _authorizer.Set(_private, request => request is { User: "bob", Action: RoomAction.Join } ? RoomDecision.Allow : RoomDecision.Abstain);

        var mayEnter = (await _cluster.History.MayEnterAsync(_private, "bob", []), await _cluster.History.MayEnterAsync(_private, "eve", []));
        var bob = await gateway.SendOneAsync(_private, new Enter("bob", null, null));
        var eve = await gateway.SendOneAsync(_private, new Enter("eve", null, null));

        Assert.Equal((true, false), mayEnter);
        Assert.Equal(RoomRole.Member, Assert.IsType<Entered>(bob).Role);
        Assert.Equal(NoRoom, eve);
    }

    [Fact]
    public async Task PrivateGroup_WhenDeniedOrUndecided_LooksLikeAnAbsentOne()
    {
        await using var gateway = await _cluster.GatewayAsync();
        var absent = SiloTestCluster.Fresh("~absent");
        await gateway.EnterAsync(_private, _ann, RoomKind.Group);
        await gateway.SendAsync(_private, Change(_ann, RoomEventKind.Invite, "denied"), Change(_ann, RoomEventKind.Ban, "banned"));
        var message = Assert.IsType<Posted>(await gateway.SendOneAsync(_private, Say(_ann, "hello"))).Seq;
        foreach (var room in (string[])[_private, absent])
        {
            _authorizer.Set(room, (request, cancellationToken) => request.User switch
            {
                "denied" => new(RoomDecision.Deny),
                "outsider" => new(RoomDecision.Abstain),
                "banned" => new(RoomDecision.Allow),
                _ => TestAuthorizer.Hang(request, cancellationToken),
            });
        }

        foreach (var user in (string[])["denied", "outsider", "banned", "undecided"])
        {
            RoomCommand[] commands =
            [
                new Enter(user, null, null), new Enter(user, null, null, AsMember: true), Say(user, "hello"), About(1, user, RoomEventKind.Delete),
                Change(user, RoomEventKind.Kick, _ann), new MarkRead(user, 1), new Exit(user, EndMembership: true),
            ];
            var foreign = (await gateway.SendAsync(_private, commands), await ReadAsync(_private, user));
            var missing = (await gateway.SendAsync(absent, commands), await ReadAsync(absent, user));

            Assert.Equal(missing.Item1, foreign.Item1);
            Assert.Equal(missing.Item2, foreign.Item2);
            Assert.Contains(_authorizer.AskedOf(absent), request => request.User == user);
            Assert.All(foreign.Item1[..^1], reply => Assert.Equal(user == "undecided" ? NoDecision : NoRoom, reply));
        }

        async Task<string> ReadAsync(string room, string user)
        {
            var answers = (
                await _cluster.History.MayEnterAsync(room, user, []), (await _cluster.History.PageAsync(new(room, user, 0, 10, 0), Ct)).Refusal,
                (await _cluster.History.WhoAsync(room, user, 10)).Refusal, (await _cluster.History.MembersAsync(new(room, user, "", 10))).Refusal,
                (await _cluster.Room(room).WhoAsync(user, 10)).Refusal, (await _cluster.History.ReadersAsync(new(room, user, message))).Refusal);
            return answers.ToString();
        }
    }

    [Fact]
    public async Task Ban_WhenTheAuthorizerAllowsAll_IsNotLifted()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob");
        _authorizer.Set(_room, _ => RoomDecision.Allow);
        await gateway.SendAsync(_room, Change(_ann, RoomEventKind.Ban, "eve"), Change(_ann, RoomEventKind.Mute, "bob"));

        var eve = await gateway.SendAsync(_room, new Enter("eve", null, null), new Enter("eve", null, null, AsMember: true), Say("eve", "hello"));
        var bob = await gateway.SendOneAsync(_room, Say("bob", "hello"));

        Assert.Equal([Refusal.Forbidden, Refusal.Forbidden, Refusal.NotMember], eve.Select(reply => Assert.IsType<Refused>(reply).Reason));
        Assert.Equal("you are banned from this room", Assert.IsType<Refused>(eve[0]).Message);
        Assert.Equal(Refusal.Muted, Assert.IsType<Refused>(bob).Reason);
        Assert.Equal(Refusal.NotMember, (await _cluster.History.PageAsync(new(_room, "eve", 0, 10, 0), Ct)).Refusal);
        Assert.Null((await _cluster.History.PageAsync(new(_room, "cat", 0, 10, 0), Ct)).Refusal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_WhenTheAuthorizerFails_IsUnavailableOnlyInItsRoom(bool throws)
    {
        await using var gateway = await _cluster.GatewayAsync();
        var other = SiloTestCluster.Fresh("other");
        await gateway.EnterAsync(_room, _ann);
        await gateway.EnterAsync(other, _ann);
        var fails = true;
        _authorizer.Set(_room, (request, cancellationToken) => request.Action != RoomAction.Write || !fails ? new(RoomDecision.Abstain)
            : throws ? ValueTask.FromException<RoomDecision>(new IOException("down"))
            : TestAuthorizer.Hang(request, cancellationToken));

        var post = Say(_ann, "hello");
        var began = Stopwatch.GetTimestamp();
        var undecided = gateway.SendOneAsync(_room, post);
        var posted = await gateway.SendOneAsync(other, Say(_ann, "hello"));
        var refused = await undecided;
        fails = false;
        var again = await gateway.SendOneAsync(_room, post);

        Assert.IsType<Posted>(posted);
        Assert.Equal(NoDecision, refused);
        Assert.Equal(new Posted(1, ((Posted)again).Ts, false), again);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10), "The answer took longer than the authorizer may take.");
    }

    [Fact]
    public async Task Posts_WhenAnAnswerIsSlow_KeepTheirOrder()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.SendAsync(_room, new Enter(_ann, RoomKind.Channel, null), new Enter("bob", null, null));

        // The authorizer answers for Ann only after it has answered for Bob, although Ann's message is the first one.
        var bobIsAnswered = new TaskCompletionSource();
        _authorizer.Set(_room, async (request, cancellationToken) =>
        {
            if (request.User == _ann)
            {
                await bobIsAnswered.Task.WaitAsync(cancellationToken);
            }

            bobIsAnswered.TrySetResult();
            return RoomDecision.Abstain;
        });

        var replies = await gateway.SendAsync(_room, Say(_ann, "1"), Say("bob", "2"), Say(_ann, "3"), Say("bob", "4"));

        Assert.Equal([1L, 2, 3, 4], replies.Select(reply => Assert.IsType<Posted>(reply).Seq));
        Assert.Equal(2, _authorizer.AskedOf(_room).Count(request => request.Action == RoomAction.Write));
    }

    [Fact]
    public async Task Entry_WhenItWaitsForTheAppend_KeepsTheAnswerOfItsArrival()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob");
        _authorizer.Set(_room, request => request is { User: "bob", Action: RoomAction.Manage } ? RoomDecision.Allow : RoomDecision.Abstain);
        _cluster.Log[_room].Hold();
        var first = gateway.SendOneAsync(_room, Say(_ann, "first"));
        await _cluster.Log[_room].Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);

        var title = gateway.SendOneAsync(_room, Title("bob", "Plans"));
        _cluster.Log[_room].Release();

        Assert.Equal(Assert.IsType<Posted>(await first).Seq + 1, Assert.IsType<Posted>(await title).Seq);
    }

    [Fact]
    public async Task Typing_WhenWritingIsDenied_IsNotPublished()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.SendAsync(_room, new Enter(_ann, RoomKind.Channel, null), new Enter("bob", null, null));
        _authorizer.Set(_room, request => request is { User: "bob", Action: RoomAction.Write } ? RoomDecision.Deny : RoomDecision.Abstain);

        await _cluster.Room(_room).TypingAsync("bob");
        await _cluster.Room(_room).TypingAsync(_ann);

        await gateway.UntilAsync<RoomTyping>(typing => typing.Room == _room && typing.User == _ann);
        Assert.DoesNotContain(gateway.Items.OfType<RoomTyping>(), typing => typing.User == "bob");
    }

    [Fact]
    public async Task Reader_WhenTheRoomMoves_IsAttachedAgainByTheAnswer()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_private, _ann, RoomKind.Group);
        _authorizer.Set(_private, request => request is { User: "bob", Action: RoomAction.Read } ? RoomDecision.Allow : RoomDecision.Abstain);
        var bob = await gateway.SendOneAsync(_private, new Enter("bob", null, null));

        await _cluster.Silos.DeactivateAsync(_cluster.Room(_private));
        await _cluster.Room(_private).SyncAttachmentsAsync(gateway.Id, [_ann, "bob", "eve"], default);

        Assert.Equal(RoomRole.None, Assert.IsType<Entered>(bob).Role);
        Assert.Equal([_ann, "bob"], (await _cluster.Room(_private).WhoAsync(_ann, 10)).Users!.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Reader_WhenTheRoomMovesInAnOutage_IsAttachedAfterIt()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_private, _ann, RoomKind.Group);
        await _cluster.Silos.DeactivateAsync(_cluster.Room(_private));
        _authorizer.Set(_private, (request, _) => request.User == "bob" ? throw new IOException("down") : new(RoomDecision.Abstain));

        await Assert.ThrowsAsync<IOException>(() => _cluster.Room(_private).SyncAttachmentsAsync(gateway.Id, [_ann, "bob"], default));
        var during = (await _cluster.Room(_private).WhoAsync(_ann, 10)).Users!;
        _authorizer.Set(_private, request => request.User == "bob" ? RoomDecision.Allow : RoomDecision.Abstain);
        await _cluster.Room(_private).SyncAttachmentsAsync(gateway.Id, [_ann, "bob"], default);

        Assert.Equal([_ann], during);
        Assert.Equal([_ann, "bob"], (await _cluster.Room(_private).WhoAsync(_ann, 10)).Users!.Order(StringComparer.Ordinal));
    }
}
