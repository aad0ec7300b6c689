using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// A group can have members but no owner. This happens if the group was created before groups had roles, or if all
/// members left and others joined later. Then the room makes one of the members an owner.
/// </summary>
public sealed class OwnerAppointmentTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("old");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Claim_WhenNoMemberIsAnOwner_AppointsTheFirstMember()
    {
        await using var old = new SiloTestCluster();
        await old.InitializeAsync();
        old.Log.Version = LogVersion.First;
        await using var gateway = await OldGroupAsync(old, _room, _ann, "dan", "cat");
        old.Log.Version = LogVersion.Rights;
        await SucceedsAsync(gateway, _room, Change("cat", RoomEventKind.Invite, "eve"));

        var entered = await gateway.EnterAsync(_room, "cat");

        Assert.Equal((RoomRole.Member, 6L), (entered.Role, entered.Seq));
        var page = await old.History.PageAsync(_room, "cat", 4, 10);
        Assert.Equal(
            [(MemberChange.ServerUser, RoomEventKind.Role, "dan", null, RoomEventKind.Invite)],
            page.Events.Take(1).Zip(page.Events.Skip(1), (role, next) => (role.From, role.Kind, role.Text!, role.ClientId, next.Kind)));
        Assert.Equal(new MemberChange("dan", RoomRole.Owner), MemberChange.Parse(RoomEventKind.Role, page.Events[0].Text, page.Events[0].Meta));
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Change("dan", RoomEventKind.Kick, "cat")));
    }

    [Fact]
    public async Task Claim_WhenTheGroupHasAnOwner_AppointsNobody()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob");
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));

        Assert.Equal(3, (await gateway.PostAsync(_room, "bob", "hello")).Seq);
    }

    [Fact]
    public async Task Group_WhenAllMembersHadLeft_AppointsTheNextMember()
    {
        await using var gateway = await OldGroupAsync(cluster, _room, _ann);

        var entered = await gateway.EnterAsync(_room, "bob");
        var posted = await gateway.PostAsync(_room, "bob", "hello");

        Assert.Equal((RoomRole.Member, 3L, 5L), (entered.Role, entered.Seq, posted.Seq));
        var appointed = (await cluster.History.PageAsync(_room, "bob", 3, 1)).Events[0];
        Assert.Equal((MemberChange.ServerUser, RoomEventKind.Role, "bob"), (appointed.From, appointed.Kind, appointed.Text));
    }

    [Fact]
    public async Task Appointment_WhenItsAppendFails_IsTriedAgain()
    {
        await using var gateway = await OldGroupAsync(cluster, _room, _ann, "bob");
        cluster.Log[_room].LosesAnswers = true;
        await gateway.SendOneAsync(_room, new MarkRead("bob", 1));
        cluster.Log[_room].LosesAnswers = false;

        await gateway.PostAsync(_room, "bob", "hello");

        var page = await cluster.History.PageAsync(_room, "bob", 3, 10);
        Assert.Equal([RoomEventKind.Role, RoomEventKind.Msg], page.Events.Select(one => one.Kind));
    }

    [Fact]
    public async Task Group_WhenTheGateIsClosed_WorksAsBefore()
    {
        await using var old = new SiloTestCluster();
        await old.InitializeAsync();
        old.Log.Version = LogVersion.First;
        await using var gateway = await OldGroupAsync(old, _room, _ann, "bob");

        var early = await gateway.SendAsync(_room, Say("bob", "hello"), new MarkRead("bob", 1), Change("bob", RoomEventKind.Invite, "eve"), Say("bob", "next"));
        var secret = await gateway.SendOneAsync("~new", new Enter(_ann, RoomKind.Group, null));

        Assert.Equal(4, Assert.IsType<Posted>(early[0]).Seq);
        Assert.IsType<Done>(early[1]);
        Assert.Equal(new Refused(Refusal.Unavailable, "this needs every process of the cluster to be upgraded first; try again later", 1000), early[2]);
        Assert.Equal(early[2], early[3]); // This message must not overtake the invitation, which will be retried.
        Assert.Equal(early[2], secret);
        Assert.Empty(await old.Log.HeadsAsync(["~new"], Ct));

        old.Log.Version = LogVersion.Rights;
        await SucceedsAsync(gateway, _room, Change("bob", RoomEventKind.Invite, "eve"));
        var page = await old.History.PageAsync(_room, "bob", 4, 10);
        Assert.Equal([RoomEventKind.Role, RoomEventKind.Invite], page.Events.Select(one => one.Kind));
    }

    [Fact]
    public async Task Mute_WhenItsTimePasses_Ends()
    {
        await using var own = new SiloTestCluster();
        await own.InitializeAsync();
        await using var gateway = await own.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob");
        var until = own.Time.GetUtcNow().AddMinutes(1).ToUnixTimeMilliseconds();
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Mute, "bob", until: until));
        var muted = await gateway.SendOneAsync(_room, Say("bob", "hello"));

        own.Time.Shift(TimeSpan.FromMinutes(1));

        Assert.Equal(Refusal.Muted, Assert.IsType<Refused>(muted).Reason);
        await gateway.PostAsync(_room, "bob", "hello");
        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Unmute, "bob"))).Reason);
    }

    /// <summary>
    /// Creates a group with members but without an owner, because the creator left before the members joined. No
    /// activation has claimed the room since then.
    /// </summary>
    private static async Task<TestGateway> OldGroupAsync(SiloTestCluster cluster, string room, string creator, params string[] members)
    {
        var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(room, creator, RoomKind.Group);
        await gateway.SendOneAsync(room, new Exit(creator, EndMembership: true));
        foreach (var member in members)
        {
            await gateway.EnterAsync(room, member);
        }

        await cluster.Silos.DeactivateAsync(cluster.Room(room));
        return gateway;
    }

    /// <summary>Repeats a command, as a client does, until the room no longer refuses it as unavailable.</summary>
    private static async Task SucceedsAsync(TestGateway gateway, string room, RoomCommand command)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await gateway.SendOneAsync(room, command) is Refused refused)
        {
            Assert.Equal(Refusal.Unavailable, refused.Reason);
            await Task.Delay(refused.RetryMs!.Value, patience.Token);
        }
    }
}
