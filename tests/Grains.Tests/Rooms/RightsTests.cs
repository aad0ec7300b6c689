using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Changes of rights: their effect on members, subscriptions, repeated commands and other rooms.</summary>
public sealed class RightsTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("rights");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    [Fact]
    public async Task Enter_WhenTheGroupIsNew_MakesTheCreatorItsOwner()
    {
        await using var gateway = await cluster.GatewayAsync();

        var ann = await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        var bob = await gateway.EnterAsync(_room, "bob");
        await gateway.SendOneAsync(_room, Title(_ann, "Plans"));
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));
        var again = await gateway.EnterAsync(_room, _ann);

        Assert.Equal((RoomRole.Owner, null), (ann.Role, ann.Title));
        Assert.Equal(RoomRole.Member, bob.Role);
        Assert.Equal((RoomRole.Owner, "Plans"), (again.Role, again.Title));
        Assert.Equal("Plans", (await gateway.EnterAsync(_room, "bob")).Title);
    }

    [Fact]
    public async Task Owner_WhenTheLast_LeavesOnlyAfterATransfer()
    {
        await using var gateway = await GroupAsync("bob");

        var early = await gateway.SendOneAsync(_room, new Exit(_ann, EndMembership: true));
        var down = await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, _ann, RoomRole.Member));
        var replies = await gateway.SendAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Owner), new Exit(_ann, EndMembership: true));

        Assert.Equal("make another member an owner first", Assert.IsType<Refused>(early).Message);
        Assert.Equal(early, down);
        Assert.IsType<Posted>(replies[0]);
        Assert.IsType<Done>(replies[1]);
        var page = await cluster.History.MembersAsync(new(_room, "bob", "", 10));
        Assert.Equal([new Member("bob", RoomRole.Owner)], page.Members);
    }

    [Theory]
    [InlineData(RoomEventKind.Kick)]
    [InlineData(RoomEventKind.Ban)]
    public async Task Kick_WhenCommitted_IsPublishedThenDetachesTheUser(RoomEventKind kind)
    {
        await using var gateway = await GroupAsync("cat");
        await using var other = await cluster.GatewayAsync();
        await other.EnterAsync(_room, "bob");

        var kicked = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Change(_ann, kind, "bob")));

        await other.UntilHeadAsync(_room, kicked.Seq);
        var later = await gateway.PostAsync(_room, _ann, "bob is gone");
        await gateway.UntilHeadAsync(_room, later.Seq);
        Assert.DoesNotContain("bob", (await cluster.Room(_room).WhoAsync(_ann, 10)).Users!);
        Assert.DoesNotContain(later.Seq, other.Sequences(_room));
        Assert.Equal(Refusal.NotMember, Assert.IsType<Refused>(await other.SendOneAsync(_room, Say("bob", "still here"))).Reason);
    }

    [Fact]
    public async Task Kick_WhenItsAnswerWasLost_DetachesTheUserAfterTheClaim()
    {
        await using var gateway = await GroupAsync("bob");
        var kick = Change(_ann, RoomEventKind.Kick, "bob");
        cluster.Log[_room].LosesAnswers = true;
        var lost = await gateway.SendOneAsync(_room, kick);
        cluster.Log[_room].LosesAnswers = false;

        var again = await gateway.SendOneAsync(_room, kick);

        Assert.Equal(Refusal.Unavailable, Assert.IsType<Refused>(lost).Reason);
        Assert.True(Assert.IsType<Posted>(again).Duplicate);
        Assert.Equal([_ann], (await cluster.Room(_room).WhoAsync(_ann, 10)).Users!);
    }

    [Fact]
    public async Task Command_WhenRepeatedAfterAKick_ReturnsTheFirstAnswer()
    {
        await using var gateway = await GroupAsync("bob");
        var (say, kick) = (Say("bob", "hello"), Change(_ann, RoomEventKind.Kick, "bob"));
        var said = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, say));
        var kicked = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, kick));

        Assert.Equal(said with { Duplicate = true }, await gateway.SendOneAsync(_room, say));
        Assert.Equal(kicked with { Duplicate = true }, await gateway.SendOneAsync(_room, kick));
        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, kick with { ClientId = "new" })).Reason);
    }

    [Fact]
    public async Task Delete_WhenRepeatedByAFormerModerator_ReturnsTheFirstAnswer()
    {
        await using var gateway = await GroupAsync("bob", "cat");
        var message = await gateway.PostAsync(_room, "cat", "hello");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Moderator));
        var delete = About(message.Seq, "bob", RoomEventKind.Delete);
        var deleted = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, delete));
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Member));

        Assert.Equal(deleted with { Duplicate = true }, await gateway.SendOneAsync(_room, delete));
    }

    [Fact]
    public async Task Delete_WhenTheAuthorHasNoLowerRole_IsForbidden()
    {
        await using var gateway = await GroupAsync("bob");
        var message = await gateway.PostAsync(_room, _ann, "hello");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Moderator));

        var refused = await gateway.SendOneAsync(_room, About(message.Seq, "bob", RoomEventKind.Delete));

        Assert.Equal(new Refused(Refusal.Forbidden, "you may do this only to a user of a lower role"), refused);
    }

    [Fact]
    public async Task Members_WhenABanHasEnded_DoNotListItsUser()
    {
        await using var gateway = await GroupAsync();
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Ban, "dan", until: 1));
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Ban, "eve"));

        var page = await cluster.History.MembersAsync(new(_room, _ann, "", 200));

        Assert.Equal([_ann, "eve"], page.Members.Select(member => member.User));
    }

    [Fact]
    public async Task Invite_WhenTheUserIsNoMember_NotifiesTheUser()
    {
        await using var gateway = await GroupAsync("bob");
        var eve = SiloTestCluster.Fresh("eve");
        await cluster.User(eve).ConnectAsync(gateway.Id, new UserSession(eve, null), 10);
        await gateway.SendOneAsync(_room, Title(_ann, "Plans"));

        var invited = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Change("bob", RoomEventKind.Invite, eve)));

        await gateway.UntilAsync<UserNotification>(notification => notification.User == eve && notification.Room == _room && notification.To == invited.Seq);
        Assert.Equal(new Refused(Refusal.Invited, "Plans"), await gateway.SendOneAsync(_room, new Enter(eve, null, null, AsMember: true)));
        Assert.Equal(RoomRole.Member, (await gateway.EnterAsync(_room, eve)).Role);
    }

    [Fact]
    public async Task Leave_WhenTheUserIsMuted_DoesNotLiftTheMute()
    {
        await using var gateway = await GroupAsync("bob");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Mute, "bob"));

        await gateway.SendOneAsync(_room, new Exit("bob", EndMembership: true));
        await gateway.EnterAsync(_room, "bob");

        Assert.Equal(Refusal.Muted, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Say("bob", "hello"))).Reason);
    }

    [Theory]
    [InlineData(RoomEventKind.Invite, null, null)]
    [InlineData(RoomEventKind.Invite, "eve", """{"until":5}""")]
    [InlineData(RoomEventKind.Ban, "eve", """{"role":1}""")]
    [InlineData(RoomEventKind.Ban, "eve", """{"until":"soon"}""")]
    [InlineData(RoomEventKind.Mute, "bob", "no json")]
    [InlineData(RoomEventKind.Role, "bob", null)]
    [InlineData(RoomEventKind.Role, "bob", """{"role":4}""")]
    [InlineData(RoomEventKind.Title, null, null)]
    [InlineData(RoomEventKind.Settings, null, """{"private":true,"members":7,"moderators":99}""")]
    [InlineData(RoomEventKind.Settings, "text", """{"private":true,"members":7,"moderators":31}""")]
    public async Task Change_WhenItsFieldsDoNotFit_IsForbidden(RoomEventKind kind, string? text, string? meta)
    {
        await using var gateway = await GroupAsync("bob");

        var reply = await gateway.SendOneAsync(_room, new Post(_ann, "id", kind, text, null, null, meta));

        Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(reply).Reason);
    }

    [Fact]
    public async Task Members_WhenListed_AreInOrderOfTheUserInPages()
    {
        await using var gateway = await GroupAsync("bob", "cat");
        await gateway.SendAsync(
            _room,
            Change(_ann, RoomEventKind.Mute, "cat", until: 5), Change(_ann, RoomEventKind.Ban, "Zed"), Change(_ann, RoomEventKind.Invite, "dan"));
        var direct = RoomKey.Direct(_ann, "bob");

        var first = await cluster.History.MembersAsync(new(_room, "bob", "", 3));
        var rest = await cluster.History.MembersAsync(new(_room, "bob", "bob", 500));
        var two = await cluster.History.MembersAsync(new(direct, "bob", "", 10));
        var stranger = await cluster.History.MembersAsync(new(direct, "eve", "", 10));

        Assert.Equal([new("Zed", RoomRole.None, 0, MemberChange.Forever), new(_ann, RoomRole.Owner), new("bob", RoomRole.Member)], first.Members);
        Assert.True(first.More);
        Assert.Equal([new("cat", RoomRole.Member, 5), new("dan", RoomRole.Invited)], rest.Members);
        Assert.False(rest.More);
        Assert.Equal([new(_ann, RoomRole.Member), new("bob", RoomRole.Member)], two.Members);
        Assert.Equal(Refusal.Forbidden, stranger.Refusal);
    }

    [Fact]
    public async Task Members_WhenTheRoomIsAChannel_AreNone()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "bob");

        var page = await cluster.History.MembersAsync(new(_room, "bob", "", 10));

        Assert.Equal((0, false, null), (page.Members.Length, page.More, page.Refusal));
        Assert.Equal(Refusal.NotFound, (await cluster.History.MembersAsync(new("nowhere", "bob", "", 10))).Refusal);
        Assert.Equal("this works only in groups", Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Change("bob", RoomEventKind.Kick, "eve"))).Message);
    }

    private async Task<TestGateway> GroupAsync(params string[] members)
    {
        var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        foreach (var member in members)
        {
            await gateway.EnterAsync(_room, member);
        }

        return gateway;
    }
}
