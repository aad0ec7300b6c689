using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The settings of groups: what they allow, and when they take effect.</summary>
public sealed class SettingsTests(SiloTestCluster cluster)
{
    private static readonly RoomSettings ReadOnly = new(Private: true, RoomAction.None);

    private readonly string _room = SiloTestCluster.Fresh("settings");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    [Fact]
    public async Task Settings_WhenTheRoomIsActivatedAgain_StillHold()
    {
        await using var gateway = await GroupAsync("bob");
        await using var other = await cluster.GatewayAsync();
        Assert.Null((await other.EnterAsync(_room, "bob")).Settings);

        var set = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Set(_ann, ReadOnly)));
        await other.UntilHeadAsync(_room, set.Seq);
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));
        var entered = await other.EnterAsync(_room, "bob");

        Assert.Equal(ReadOnly, entered.Settings);
        Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Say("bob", "hello"))).Reason);
        Assert.Equal("the group is private: ask a member for an invitation", Message(await gateway.SendOneAsync(_room, new Enter("eve", null, null))));
        var happened = other.Items.OfType<RoomEvents>().SelectMany(item => item.Events).Single(one => one.Seq == set.Seq);
        Assert.Equal((RoomEventKind.Settings, ReadOnly), (happened.Kind, RoomSettings.Parse(happened.Meta)));
        await gateway.PostAsync(_room, _ann, "the owner may always write");
    }

    [Fact]
    public async Task Message_WhenTheSettingsTakeTheRightMeanwhile_IsRefused()
    {
        await using var gateway = await GroupAsync("bob");
        var known = await gateway.PostAsync(_room, "bob", "first", "first");

        var replies = await WhileHeldAsync(
            gateway, Say("bob", "before"), Set(_ann, ReadOnly), Say("bob", "after"), Say("bob", "first", "first"), new Enter("eve", null, null),
            Set(_ann, RoomSettings.Default(_room)), Say("bob", "again"));

        var before = Assert.IsType<Posted>(replies[0]).Seq;
        Assert.Equal(before + 1, Assert.IsType<Posted>(replies[1]).Seq);
        Assert.Equal("this group does not allow your role to do this", Message(replies[2]));
        Assert.Equal(known with { Duplicate = true }, replies[3]);
        Assert.Equal("the group is private: ask a member for an invitation", Message(replies[4]));
        Assert.Equal(before + 2, Assert.IsType<Posted>(replies[5]).Seq);
        Assert.Equal(before + 3, Assert.IsType<Posted>(replies[6]).Seq);
    }

    [Fact]
    public async Task Settings_WhenTheSenderIsDemotedMeanwhile_AreRefused()
    {
        await using var gateway = await GroupAsync("bob");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Owner));

        var replies = await WhileHeldAsync(gateway, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Moderator), Set("bob", ReadOnly));

        Assert.IsType<Posted>(replies[0]);
        Assert.Equal("only owners may change the settings", Message(replies[1]));
    }

    [Fact]
    public async Task Settings_WhenReplaced_ReturnToTheDefaults()
    {
        await using var gateway = await GroupAsync("bob");
        await gateway.SendOneAsync(_room, Set(_ann, ReadOnly));

        await gateway.SendOneAsync(_room, Set(_ann, RoomSettings.Default(_room)));

        Assert.Null((await gateway.EnterAsync(_room, "eve")).Settings);
        await gateway.PostAsync(_room, "bob", "hello");
    }

    [Fact]
    public async Task NamedGroup_WhenItIsPrivate_IsOpenToInvitedUsers()
    {
        await using var gateway = await GroupAsync("bob");
        await gateway.SendOneAsync(_room, Set(_ann, new(Private: true)));

        var outsider = await gateway.SendOneAsync(_room, new Enter("eve", RoomKind.Group, null));
        var resumed = await gateway.SendOneAsync(_room, new Enter("eve", null, null, AsMember: true));
        var history = await cluster.History.PageAsync(_room, "eve", 0, 10);
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Change("bob", RoomEventKind.Invite, "eve")));
        var invited = await gateway.EnterAsync(_room, "eve", create: null);
        await gateway.SendOneAsync(_room, new Exit("eve", EndMembership: true));
        var left = await gateway.SendOneAsync(_room, new Enter("eve", null, null));

        Assert.Equal((Refusal.Forbidden, Refusal.NotMember), (((Refused)outsider).Reason, ((Refused)resumed).Reason));
        Assert.Equal(Refusal.NotMember, history.Refusal);
        Assert.Equal(RoomRole.Member, invited.Role);
        Assert.Equal(outsider, left);
    }

    [Fact]
    public async Task ServerNamedGroup_WhenMadePublic_IsRefused()
    {
        var room = SiloTestCluster.Fresh("~settings");
        await using var gateway = await cluster.GatewayAsync();
        var entered = await gateway.EnterAsync(room, _ann, RoomKind.Group);

        var refused = await gateway.SendOneAsync(room, Set(_ann, new(Private: false)));
        Assert.IsType<Posted>(await gateway.SendOneAsync(room, Set(_ann, ReadOnly)));

        Assert.Null(entered.Settings);
        Assert.StartsWith("a group whose name the server chose is always private", Message(refused), StringComparison.Ordinal);
        Assert.Equal(Refusal.NotFound, ((Refused)await gateway.SendOneAsync(room, new Enter("eve", null, null))).Reason);
        Assert.Equal(ReadOnly, (await gateway.EnterAsync(room, _ann)).Settings);
    }

    [Fact]
    public async Task Settings_WhenARepeatedIdHasOtherSettings_AreAConflict()
    {
        await using var gateway = await GroupAsync();
        var first = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Set(_ann, ReadOnly, "k")));

        var again = await gateway.SendOneAsync(_room, Set(_ann, ReadOnly, "k"));
        var other = await gateway.SendOneAsync(_room, Set(_ann, new(Private: true), "k"));

        Assert.Equal(first with { Duplicate = true }, again);
        Assert.Equal(Refusal.Conflict, Assert.IsType<Refused>(other).Reason);
        Assert.Equal(ReadOnly, (await gateway.EnterAsync(_room, _ann)).Settings);
    }

    private static string Message(RoomReply reply) => Assert.IsType<Refused>(reply).Message;

    /// <summary>Sends each command in a call of its own.</summary>
    private Task<RoomReply[]> WhileHeldAsync(TestGateway gateway, params RoomCommand[] commands) =>
        gateway.WhileHeldAsync(_room, _ann, [.. commands.Select(command => (RoomCommand[])[command])]);

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
