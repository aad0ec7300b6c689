using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>How users create private groups. Outsiders must not find out whether such a group exists.</summary>
public sealed class PrivateGroupTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("~private");
    private readonly string _absent = SiloTestCluster.Fresh("~absent");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, false)]
    [InlineData(RoomKind.Channel, false)]
    [InlineData(RoomKind.Group, true)]
    public async Task Enter_WhenThePrivateGroupIsAbsent_IsNotFound(RoomKind? create, bool asMember)
    {
        await using var gateway = await cluster.GatewayAsync();

        var reply = await gateway.SendOneAsync(_absent, new Enter(_ann, create, null, asMember));

        Assert.Equal(new Refused(Refusal.NotFound, "there is no such room"), reply);
        Assert.Empty(await cluster.Log.HeadsAsync([_absent], Ct));
    }

    [Fact]
    public async Task Create_WhenTheJoinFails_IsRepeatedByTheCreator()
    {
        await using var gateway = await cluster.GatewayAsync();
        var rig = cluster.Log[_room];
        var create = new Enter(_ann, RoomKind.Group, null);
        rig.Hold();
        var entering = gateway.SendOneAsync(_room, create);
        await rig.Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        rig.Away = true;
        rig.Release();
        var failed = await entering;
        rig.Away = false;

        var entered = Assert.IsType<Entered>(await gateway.SendOneAsync(_room, create));

        Assert.Equal(Refusal.Unavailable, Assert.IsType<Refused>(failed).Reason);
        Assert.Equal((RoomRole.Owner, 1L), (entered.Role, entered.Seq));
        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, create with { User = "eve" })).Reason);
    }

    [Theory]
    [InlineData("banned")]
    [InlineData("outsider")]
    public async Task Outsider_WhenAskingForAForeignGroup_GetsTheAnswersOfAnAbsentOne(string user)
    {
        await using var gateway = await GroupAsync();
        RoomCommand[] commands =
        [
            new Enter(user, null, null), new Enter(user, null, RoomKind.Group), new Enter(user, null, RoomKind.Channel),
            new Enter(user, RoomKind.Channel, null), new Enter(user, RoomKind.Direct, null), new Enter(user, null, null, AsMember: true),
            EnterBy(user, "wrong"), Link(user, "mine"), Unlink(user, 1),
            Say(user, "hello"), About(1, user, RoomEventKind.Edit, "x"), About(1, user, RoomEventKind.Join), Title(user, "mine"),
            new Post(user, "id", RoomEventKind.Ban, null, null, null, "no json"), Change(user, RoomEventKind.Kick, _ann),
            new MarkRead(user, 1), new Exit(user, EndMembership: true),
        ];

        var foreign = await gateway.SendAsync(_room, commands);
        var absent = await gateway.SendAsync(_absent, commands);

        Assert.Equal(absent, foreign);
        Assert.All(foreign[..4].Concat(foreign[5..^1]), reply => Assert.Equal(new Refused(Refusal.NotFound, "there is no such room"), reply));
        Assert.Equal(Refusal.NotFound, (await cluster.Room(_room).WhoAsync(user, 10)).Refusal);
        Assert.Equal(Refusal.NotFound, (await cluster.Room(_absent).WhoAsync(user, 10)).Refusal);
    }

    [Theory]
    [InlineData("banned")]
    [InlineData("outsider")]
    public async Task Outsider_WhenReading_CausesTheSameCallsForBoth(string user)
    {
        await using var gateway = await GroupAsync();

        var foreign = await ReadAsync(_room, user);
        var absent = await ReadAsync(_absent, user);

        Assert.Equal(absent, foreign);
        Assert.Equal(("False False False NotFound NotFound NotFound NotFound NotFound NotFound NotFound NotFound", "1 2 2 1 1 1 1 1 1 1 1"), foreign);
    }

    [Theory]
    [InlineData("member", true)]
    [InlineData("moderator", true)]
    [InlineData("invited", true)]
    [InlineData("banned", false)]
    [InlineData("outsider", false)]
    public async Task MayEnter_WhenAsked_IsTrueForMembersAndInvited(string user, bool expected)
    {
        await using var gateway = await GroupAsync();

        Assert.Equal(expected, await cluster.History.MayEnterAsync(_room, user, []));
        Assert.True(await cluster.History.MayEnterAsync(_room, _ann, []));
        cluster.Log[_room].Away = true;
        Assert.True(await cluster.History.MayEnterAsync(_room, user, []));
        cluster.Log[_room].Away = false;
        cluster.Log[_room].RefusesName = true;
        Assert.False(await cluster.History.MayEnterAsync(_room, user, []));
    }

    [Theory]
    [InlineData("outsider", "open", true)]
    [InlineData("outsider", "used up", false)]
    [InlineData("outsider", "ended", false)]
    [InlineData("outsider", "wrong", false)]
    [InlineData("banned", "open", false)]
    [InlineData("member", "wrong", true)]
    public async Task MayEnter_WhenTheUserHasALink_IsTrueIfItIsUsable(string user, string code, bool expected)
    {
        await using var gateway = await GroupAsync();

        Assert.Equal(expected, await cluster.History.MayEnterAsync(_room, user, [LinkTerms.HashOf(code)]));
        Assert.Equal(expected, await cluster.History.MayEnterAsync(_room, user, [LinkTerms.HashOf("wrong"), LinkTerms.HashOf(code)]));
    }

    /// <summary>
    /// Makes every kind of read. Returns the answers, and the number of calls to the log that each read makes.
    /// </summary>
    private async Task<(string Answers, string Calls)> ReadAsync(string room, string user)
    {
        var (answers, calls) = (new List<object?>(), new List<int>());
        await CountAsync(async () => await cluster.History.MayEnterAsync(room, user, []));
        await CountAsync(async () => await cluster.History.MayEnterAsync(room, user, [LinkTerms.HashOf("wrong")]));
        await CountAsync(async () => await cluster.History.MayEnterAsync(room, user, [LinkTerms.HashOf("used up"), LinkTerms.HashOf("ended")]));
        await CountAsync(async () => (await cluster.History.PageAsync(new(room, user, 0, 10, 0), Ct)).Refusal);
        await CountAsync(async () => (await cluster.History.WhoAsync(room, user, 10)).Refusal);
        await CountAsync(async () => (await cluster.History.MembersAsync(new(room, user, "", 10))).Refusal);
        await CountAsync(async () => (await cluster.History.PageAsync(new(room, user, 0, 10, 0, Thread: 1), Ct)).Refusal);
        await CountAsync(async () => (await cluster.History.ReadersAsync(new(room, user, 1))).Refusal?.Reason);
        await CountAsync(async () => ((Refused)await cluster.History.ReportAsync(new(room, user, 1, null))).Reason);
        await CountAsync(async () => (await cluster.History.ReportsAsync(new(room, user, 10))).Refusal?.Reason);
        await CountAsync(async () => ((Refused)await cluster.History.DismissAsync(new(room, user, 1))).Reason);
        return (string.Join(' ', answers), string.Join(' ', calls));

        async Task CountAsync(Func<Task<object?>> read)
        {
            var before = cluster.Log[room].Calls;
            answers.Add(await read());
            calls.Add(cluster.Log[room].Calls - before);
        }
    }

    private async Task<TestGateway> GroupAsync()
    {
        var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        foreach (var user in new[] { "member", "moderator", "banned", "invited" })
        {
            Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Invite, user)));
            if (user != "invited")
            {
                await gateway.EnterAsync(_room, user, create: null);
            }
        }

        await gateway.SendAsync(_room, Change(_ann, RoomEventKind.Role, "moderator", RoomRole.Moderator), Change(_ann, RoomEventKind.Ban, "banned"));
        await gateway.SendAsync(_room, Link(_ann, "open"), Link(_ann, "used up", uses: 1), Link(_ann, "ended", until: 1));
        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("guest", "used up")));
        return gateway;
    }
}
