using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Mentions in messages, and the counts that a user gets on entering a room.</summary>
public sealed class MentionTests(SiloTestCluster cluster)
{
    private const long Now = 1_000_000;

    private readonly string _room = SiloTestCluster.Fresh("mentions");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    [Fact]
    public async Task Enter_WhenMessagesMentionTheUser_HasTheCounts()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "bob");
        await gateway.EnterAsync(_room, _ann);
        await gateway.SendAsync(_room, Say("bob", "psst") with { Mentions = $"eve {_ann}" }, Say("bob", "well"), Say(_ann, "yes?"));
        await gateway.UntilHeadAsync(_room, 3);

        var entered = await gateway.EnterAsync(_room, _ann);
        var bobs = await gateway.EnterAsync(_room, "bob");

        Assert.Equal((2, 1, false), (entered.Unread, entered.Mentions, entered.UnreadMore));
        Assert.Equal((1, 0, false), (bobs.Unread, bobs.Mentions, bobs.UnreadMore));
        Assert.Equal(
            [$"eve {_ann}", null, null],
            gateway.Items.OfType<RoomEvents>().Where(item => item.Room == _room).SelectMany(item => item.Events).Select(happened => happened.Mentions));

        await gateway.SendAsync(_room, new MarkRead(_ann, 2));
        entered = await gateway.EnterAsync(_room, _ann);
        Assert.Equal((0, 0, 2), (entered.Unread, entered.Mentions, entered.Read));
    }

    /// <summary>The answer has the head that the room knows, so it must also have the counts at this head.</summary>
    [Fact]
    public async Task Enter_WhenMessagesAreCommittedMeanwhile_CountsThem()
    {
        await using var gateway = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await other.EnterAsync(_room, "bob");
        await other.PostAsync(_room, "bob", "first");
        await gateway.EnterAsync(_room, "eve");
        Once(async () => await other.SendAsync(_room, Say("bob", "second") with { Mentions = _ann }, Say("bob", "third")));

        var entered = await gateway.EnterAsync(_room, _ann);

        Assert.Equal((3, 3, 1), (entered.Seq, entered.Unread, entered.Mentions));

        Once(async () => await other.SendAsync(_room, About(2, "bob", RoomEventKind.Delete), Say("bob", "fifth")));
        entered = await gateway.EnterAsync(_room, _ann);
        Assert.Equal((5, 3, 0), (entered.Seq, entered.Unread, entered.Mentions));
    }

    /// <summary>In a busy room, messages are committed during every read. The room must not read again and again.</summary>
    [Fact]
    public async Task Enter_WhenTheRoomIsBusy_ReadsOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await other.EnterAsync(_room, "bob");
        var reads = 0;
        cluster.Log[_room].Counted = async () =>
        {
            reads++;
            await other.PostAsync(_room, "bob", "hello");
        };

        var entered = await gateway.EnterAsync(_room, _ann);

        Assert.Equal((1, 1, 1), (reads, entered.Seq, entered.Unread));
    }

    [Fact]
    public async Task Enter_WhenTheMarkMovesMeanwhile_CountsAfterTheNewMark()
    {
        await using var gateway = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await other.EnterAsync(_room, _ann);
        await other.EnterAsync(_room, "bob");
        await other.SendAsync(_room, Say("bob", "first"), Say("bob", "second"), Say("bob", "third"));
        Once(async () => await other.SendAsync(_room, new MarkRead(_ann, 2)));

        var entered = await gateway.EnterAsync(_room, _ann);

        Assert.Equal((2, 1), (entered.Read, entered.Unread));
    }

    [Fact]
    public async Task Everyone_WhenTheSenderIsDemotedMeanwhile_IsRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob", RoomKind.Group);
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Moderator));

        var replies = await gateway.SendAsync(
            _room, Everyone("bob"), Change(_ann, RoomEventKind.Role, "bob", RoomRole.Member), Everyone("bob"), Say("bob", "hello"));

        Assert.Equal([true, true, false, true], replies.Select(reply => reply is Posted));
        Assert.Equal(Refusals.NotEveryone, replies[2]);
    }

    [Theory]
    [InlineData(RoomAction.None, false)]
    [InlineData(RoomAction.Write | RoomAction.Manage, false)]
    [InlineData(RoomAction.Moderate, true)]
    public async Task Everyone_WhenInAChannel_NeedsAGrant(RoomAction claimed, bool isAllowed)
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);

        var reply = await gateway.SendOneAsync(_room, Everyone(_ann) with { Claimed = claimed });

        Assert.Equal(isAllowed ? null : Refusals.NotEveryone, reply as Refused);
    }

    [Fact]
    public async Task Everyone_WhenInADirectRoom_IsRefusedBeforeTheRoomIsCreated()
    {
        await using var gateway = await cluster.GatewayAsync();
        var room = RoomKey.Direct(_ann, "bob");

        Assert.Equal(Refusals.EveryoneInDirect, await gateway.SendOneAsync(room, Everyone(_ann) with { Claimed = RoomAction.Moderate }));
        Assert.Equal(1, (await gateway.PostAsync(room, _ann, "hello")).Seq);
        Assert.Equal(Refusals.EveryoneInDirect, await gateway.SendOneAsync(room, Everyone("bob")));
    }

    /// <summary>A repetition gets the first answer, even if a silo of version 0.1.0 stored the message without mentions.</summary>
    [Fact]
    public async Task Post_WhenRepeatedWithMentions_GetsTheFirstAnswer()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        var first = await gateway.PostAsync(_room, _ann, "hello", "id");

        var again = await gateway.SendOneAsync(_room, Say(_ann, "hello", "id") with { Mentions = "bob" });

        Assert.Equal(first with { Duplicate = true }, again);
    }

    [Theory]
    [InlineData(RoomAction.Moderate, RoomAction.None, null)]
    [InlineData(RoomAction.None, RoomAction.None, "only users with the right to moderate")]
    [InlineData(RoomAction.Moderate, RoomAction.Moderate, "this server does not allow")]
    [InlineData(RoomAction.Moderate, RoomAction.Write, "this server does not allow")]
    public void Everyone_WhenTheAuthorizerDecides_FollowsIt(RoomAction allowed, RoomAction denied, string? refused)
    {
        var state = new RoomState("team", RoomKind.Group, 10, Members: 5, Owners: 1, Now);
        var request = new EventRequest(RoomEventKind.Msg, MentionsEveryone: true);

        var refusal = RoomRights.RefuseEvent(state, new(_ann, RoomRole.Member), request, new(Allowed: allowed, Denied: denied));

        Assert.StartsWith(refused ?? "", refusal?.Message ?? "", StringComparison.Ordinal);
        Assert.Equal(refused is null, refusal is null);
    }

    [Fact]
    public void Everyone_WhenTheSettingsAllowMembersToModerate_IsAllowed()
    {
        var settings = new RoomSettings(Private: false, Members: RoomAction.Write | RoomAction.Moderate, Moderators: RoomAction.Write);
        var state = new RoomState("team", RoomKind.Group, 10, Members: 5, Owners: 1, Now, settings);
        var request = new EventRequest(RoomEventKind.Msg, MentionsEveryone: true);

        Assert.Null(RoomRights.RefuseEvent(state, new(_ann, RoomRole.Member), request));
        Assert.Equal(Refusals.NotEveryone, RoomRights.RefuseEvent(state, new(_ann, RoomRole.Moderator), request));
        Assert.Null(RoomRights.RefuseEvent(state, new(_ann, RoomRole.Owner), request));
    }

    [Theory]
    [InlineData("team", true, RoomAction.Write | RoomAction.Moderate)]
    [InlineData("team", false, RoomAction.Write)]
    [InlineData("@3:ann3:bob", true, RoomAction.Write)]
    public void Everyone_WhenSent_AsksTheAuthorizerAboutModerating(string room, bool isEveryone, RoomAction expected)
        => Assert.Equal(expected, RoomRights.ActionsOf(room, RoomEventKind.Msg, isEveryone));

    private static Post Everyone(string user) => Say(user, "all of you") with { Mentions = "@everyone" };

    /// <summary>Calls the function once, while the log's next counts are on their way to the room.</summary>
    private void Once(Func<Task> meanwhile)
    {
        var rig = cluster.Log[_room];
        rig.Counted = () =>
        {
            rig.Counted = null;
            return meanwhile();
        };
    }
}
