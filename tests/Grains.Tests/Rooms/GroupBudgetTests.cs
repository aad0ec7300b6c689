using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// How many invitations a user may send, how many groups a user may join, of how many groups a user may be a member, and
/// how many messages a user may report. The tests share a cluster with low limits.
/// </summary>
public sealed class GroupBudgetTests(GroupBudgetTests.Limited limited) : IClassFixture<GroupBudgetTests.Limited>
{
    private const int Invites = 3, Joins = 4, Groups = 6, Reports = 2;

    private readonly SiloTestCluster _cluster = limited.Cluster;
    private readonly string _room = SiloTestCluster.Fresh("room");
    private readonly string _ann = SiloTestCluster.Fresh("ann");
    private readonly string _bob = SiloTestCluster.Fresh("bob");
    private readonly string _eve = SiloTestCluster.Fresh("eve");

    [Fact]
    public async Task Invite_WhenTheBudgetIsUsedUp_IsRateLimited()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, _bob);
        var first = await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Invite, "guest-0", id: "first"));
        for (var left = Invites; left > 1; left--)
        {
            Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Invite, $"guest-{left}")));
        }

        var replies = await gateway.SendAsync(
            _room, Change(_ann, RoomEventKind.Invite, "more"), Say(_ann, "a refused invitation holds up no message"),
            Change(_ann, RoomEventKind.Invite, "guest-0", id: "first"), Change(_bob, RoomEventKind.Invite, "more"));

        var refused = Assert.IsType<Refused>(replies[0]);
        Assert.Equal((Refusal.RateLimited, "you have invited too many users; try again later"), (refused.Reason, refused.Message));
        Assert.InRange(refused.RetryMs!.Value, 1, 60_000);
        Assert.IsType<Posted>(replies[1]);
        Assert.Equal(Assert.IsType<Posted>(first) with { Duplicate = true }, replies[2]);
        Assert.IsType<Posted>(replies[3]);
    }

    [Fact]
    public async Task Invite_WhenTheSenderMayNotInvite_IsNotCharged()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, _bob);
        await gateway.SendOneAsync(_room, Set(_ann, new(Private: false, RoomAction.Write)));

        for (var i = 0; i <= Invites; i++)
        {
            Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Change(_bob, RoomEventKind.Invite, "eve"))).Reason);
        }

        await gateway.SendOneAsync(_room, Set(_ann, RoomSettings.Default(_room)));
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Change(_bob, RoomEventKind.Invite, "eve")));
    }

    [Fact]
    public async Task Join_WhenTheBudgetIsUsedUp_IsRateLimited()
    {
        await using var gateway = await _cluster.GatewayAsync();
        string[] rooms = [.. Enumerable.Range(0, Joins + 1).Select(n => $"{_room}-{n}")];
        foreach (var room in rooms)
        {
            await gateway.EnterAsync(room, _ann, RoomKind.Group);
        }

        foreach (var room in rooms[..^1])
        {
            await gateway.EnterAsync(room, _bob);
        }

        var refused = Assert.IsType<Refused>(await gateway.SendOneAsync(rooms[^1], new Enter(_bob, null, null)));

        Assert.Equal((Refusal.RateLimited, "you have joined too many groups; try again later"), (refused.Reason, refused.Message));
        Assert.InRange(refused.RetryMs!.Value, 1, 10_000);
        Assert.Equal(RoomRole.None, (await _cluster.Log.FactsAsync(rooms[^1], _bob, TestContext.Current.CancellationToken))!.Role);

        // A member who enters again pays nothing, and a user who creates a group pays from another budget.
        await gateway.EnterAsync(rooms[0], _bob, create: null);
        await gateway.EnterAsync($"{_room}-own", _bob, RoomKind.Group);
        await gateway.EnterAsync($"{_room}-channel", _bob);
    }

    [Fact]
    public async Task Join_WhenTheUserHasTooManyGroups_IsRoomFull()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await CreateGroupsAsync(gateway, _bob, Groups);
        var full = new Refused(Refusal.RoomFull, "you are a member of too many groups; leave a group first");

        Assert.Equal(full, await gateway.SendOneAsync(_room, new Enter(_bob, null, null)));
        Assert.Equal(full, await gateway.SendOneAsync($"{_room}-new", new Enter(_bob, RoomKind.Group, null)));
        Assert.Empty(await _cluster.Log.HeadsAsync([$"{_room}-new"], TestContext.Current.CancellationToken));

        // Channels and direct rooms do not count towards the limit. After the user has left a group, the user can join
        // another one.
        await gateway.EnterAsync($"{_room}-channel", _bob);
        await gateway.PostAsync(RoomKey.Direct(_ann, _bob), _bob, "hello");
        await gateway.SendOneAsync($"{_room}-{_bob}-0", new Exit(_bob, EndMembership: true));
        await gateway.EnterAsync(_room, _bob);
    }

    [Fact]
    public async Task Invite_WhenTheUserHasTooManyGroups_IsRoomFull()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync($"{_room}-other", _bob, RoomKind.Group);
        await CreateGroupsAsync(gateway, _eve, Groups - 1);
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Invite, _eve)));

        var refused = await gateway.SendOneAsync($"{_room}-other", Change(_bob, RoomEventKind.Invite, _eve));

        Assert.Equal(new Refused(Refusal.RoomFull, "this user cannot be invited at the moment"), refused);

        // Ann's invitation counts when another user invites Eve, but not when Eve joins a group.
        Assert.Equal(RoomRole.Member, (await gateway.EnterAsync($"{_room}-other", _eve)).Role);
    }

    private async Task CreateGroupsAsync(TestGateway gateway, string user, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await gateway.EnterAsync($"{_room}-{user}-{i}", user, RoomKind.Group);
        }
    }

    [Fact]
    public async Task Report_WhenTheBudgetIsUsedUp_IsRateLimited()
    {
        await using var gateway = await _cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        for (var seq = 1; seq <= Reports + 1; seq++)
        {
            await gateway.PostAsync(_room, _ann, "spam");
        }

        Assert.IsType<Refused>(await ReportAsync(_bob, 99));
        for (var seq = 1; seq <= Reports; seq++)
        {
            Assert.IsType<Done>(await ReportAsync(_bob, seq));
            Assert.IsType<Done>(await ReportAsync(_bob, seq));
        }

        var refused = Assert.IsType<Refused>(await ReportAsync(_bob, Reports + 1));
        Assert.Equal((Refusal.RateLimited, "you have reported too many messages; try again later"), (refused.Reason, refused.Message));
        Assert.InRange(refused.RetryMs!.Value, 1, 60_000);
        Assert.IsType<Done>(await ReportAsync(_bob, 1));
        Assert.IsType<Done>(await ReportAsync(_eve, Reports + 1));

        Task<RoomReply> ReportAsync(string user, long message) => _cluster.History.ReportAsync(new(_room, user, message, null));
    }

    public sealed class Limited : IAsyncLifetime
    {
        public SiloTestCluster Cluster { get; } = new()
        {
            Rooms = new RoomOptions { InvitesPerUser = Invites, JoinsPerUser = Joins, GroupsPerUser = Groups, ReportsPerUser = Reports },
        };

        public ValueTask InitializeAsync() => Cluster.InitializeAsync();

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
