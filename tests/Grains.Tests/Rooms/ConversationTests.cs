using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Lists of conversations and personal settings, as the grains return and change them.</summary>
public sealed class ConversationTests(SiloTestCluster cluster)
{
    private readonly string _ann = SiloTestCluster.Fresh("ann");
    private readonly string _bob = SiloTestCluster.Fresh("bob");
    private readonly string _room = SiloTestCluster.Fresh("team");

    [Fact]
    public async Task Conversations_WhenTheGateIsClosed_HaveNoCursor()
    {
        await using var old = new SiloTestCluster();
        await old.InitializeAsync();
        old.Log.Version = LogVersion.First;
        await using var gateway = await old.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);

        var page = await old.History.ConversationsAsync(new(_ann, null, "", 10, "any.5"));

        Assert.Equal(_room, Assert.Single(page.Conversations).Room);
        Assert.Null(page.Cursor);
        Assert.Null(page.Removed);
    }

    [Fact]
    public async Task Conversations_WhenAskedSinceACursor_AreTheChanges()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        var first = await cluster.History.ConversationsAsync(new(_ann, null, "", 10));
        Assert.Null(first.Removed);
        Assert.Null((await cluster.History.ConversationsAsync(new(_ann, 1, "", 10))).Cursor);

        await gateway.SendOneAsync(_room, Say(_ann, "hello"));
        var changes = await cluster.History.ConversationsAsync(new(_ann, null, "", 10, first.Cursor));
        Assert.Equal("hello", Assert.Single(changes.Conversations).Last!.Text);
        Assert.Empty(changes.Removed!);

        await gateway.SendOneAsync(_room, new Exit(_ann, EndMembership: true));
        changes = await cluster.History.ConversationsAsync(new(_ann, null, "", 10, changes.Cursor));
        Assert.Equal([_room], changes.Removed!);
        Assert.Null((await cluster.History.ConversationsAsync(new(_ann, null, "", 10, "of another log.5"))).Removed);
    }

    [Fact]
    public async Task FirstMessage_WhenASiloDiesAndAnHourPasses_IsListedAsUnread()
    {
        await using var two = new SiloTestCluster();
        await two.InitializeAsync();
        await using (var gateway = await two.GatewayAsync())
        {
            await gateway.PostAsync(RoomKey.Direct(_ann, _bob), _ann, "psst");
        }

        await two.Silos.KillSiloAsync(two.Silos.Silos[1], TestContext.Current.CancellationToken);
        two.Time.Shift(TimeSpan.FromHours(1));

        var row = Assert.Single((await two.History.ConversationsAsync(new(_bob, null, "", 10))).Conversations);
        Assert.Equal((RoomKey.Direct(_ann, _bob), 1, "psst"), (row.Room, row.Unread, row.Last!.Text));
        await using var back = await two.GatewayAsync();
        Assert.Equal(1, (await back.EnterAsync(RoomKey.Direct(_ann, _bob), _bob)).Unread);
    }

    [Fact]
    public async Task SetConversation_WhenTheUserMayNotReadTheRoom_IsRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        var (secret, direct) = ($"~{SiloTestCluster.Fresh("x")}", RoomKey.Direct(_ann, _bob));
        await gateway.EnterAsync(secret, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);

        Assert.Equal(Refusal.NotFound, await PinAsync(secret, _bob));
        Assert.Equal(Refusal.NotFound, await PinAsync("~nowhere", _bob));
        Assert.Equal(Refusal.NotMember, await PinAsync(_room, _bob));
        Assert.Equal(Refusal.NotFound, await PinAsync(direct, _bob));
        Assert.Equal(Refusal.Forbidden, await PinAsync(direct, "eve"));
        Assert.Equal(Refusal.Forbidden, (await cluster.History.SetConversationAsync(new(_room, _ann, Followed: true))).Refusal?.Reason);
        Assert.Null(await PinAsync(_room, _ann));

        await gateway.SendOneAsync(secret, Change(_ann, RoomEventKind.Invite, _bob));
        Assert.Equal(Refusal.NotMember, await PinAsync(secret, _bob));
        Assert.Equal(new(), await cluster.History.SetConversationAsync(new(secret, _bob, Hidden: true)));
        Assert.Empty((await cluster.History.ConversationsAsync(new(_bob, null, "", 10))).Conversations);

        async Task<Refusal?> PinAsync(string room, string user) =>
            (await cluster.History.SetConversationAsync(new(room, user, Pinned: true))).Refusal?.Reason;
    }

    [Fact]
    public async Task Invitation_WhenDeclined_EndsWithALeave()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Invite, _bob));

        Assert.IsType<Done>(await DeclineAsync(_bob));
        foreach (var user in (string[])[_ann, _bob, "eve"])
        {
            Assert.Equal(Refusal.NotMember, Assert.IsType<Refused>(await DeclineAsync(user)).Reason);
        }

        var page = await cluster.History.PageAsync(_room, _ann, 0, 10);
        Assert.Equal(
            [(_ann, RoomEventKind.Join), (_ann, RoomEventKind.Invite), (_bob, RoomEventKind.Leave)], page.Events.Select(one => (one.From, one.Kind)));
        Assert.Equal([_ann], (await cluster.History.MembersAsync(new(_room, _ann, "", 10))).Members.Select(member => member.User));

        Task<RoomReply> DeclineAsync(string user) => gateway.SendOneAsync(_room, new Exit(user, EndMembership: true, Stays: true, Declines: true));
    }

    [Fact]
    public async Task ConversationChanged_WhenCalled_ReachesTheUsersGateways()
    {
        await using var gateway = await cluster.GatewayAsync();
        await cluster.User(_ann).ConnectAsync(gateway.Id, new("s1", null), 10);

        await cluster.User(_ann).ConversationChangedAsync(_room, "s2");

        await gateway.UntilAsync<UserConversationChanged>(changed => changed == new UserConversationChanged(_ann, _room, "s2"));
    }

    [Theory]
    [InlineData("x", 100)]
    [InlineData("é", 80)]
    [InlineData("😀", 47)]
    [InlineData("\u0001", 34)]
    public void Page_WhenTextsAreLong_EndsAfter48KiB(string character, int count)
    {
        var text = string.Concat(Enumerable.Repeat(character, 200));
        ConversationRow[] rows =
        [
            .. from n in Enumerable.Range(100, 200)
               select new ConversationRow($"group-{n}", RoomKind.Group, 1, 1, 0, 1, RoomRole.Member, "A title", new(1, 1, "a-user", RoomEventKind.Msg, text), default),
        ];

        Assert.InRange(ConversationBytes.Fitting(rows[..100], ConversationBytes.Page), count - 1, count + 1);
        Assert.Equal(1, ConversationBytes.Fitting(rows, 10));
        Assert.Equal(0, ConversationBytes.Fitting([], 10));
        Assert.True(ConversationBytes.Fitting([.. rows.Select(row => row with { Mentions = 999, UnreadMore = true })], 60_000) < ConversationBytes.Fitting(rows, 60_000));
    }
}
