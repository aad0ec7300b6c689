using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Reports of messages, through the grains.</summary>
public sealed class ReportTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("reports");
    private readonly string _ann = SiloTestCluster.Fresh("ann");
    private readonly string _bob = SiloTestCluster.Fresh("bob");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_WhenAMemberReports_ReachesTheModerators()
    {
        await using var gateway = await cluster.GatewayAsync();
        var message = await FillAsync(gateway);
        var deleted = (await gateway.PostAsync(_room, _ann, "oops")).Seq;
        await gateway.SendOneAsync(_room, About(deleted, _ann, RoomEventKind.Delete));

        Assert.IsType<Done>(await ReportAsync(_bob, message, "rude"));
        Assert.IsType<Done>(await ReportAsync(_bob, message, "very rude"));
        var page = await ReportsAsync(_ann);
        var own = await ReportAsync(_ann, message);
        var gone = await ReportAsync(_bob, deleted);
        var absent = await ReportAsync(_bob, deleted + 5);
        var event1 = await ReportAsync(_bob, 1);

        var report = Assert.Single(page.Reports);
        Assert.Equal((message, _ann, _bob, "rude"), (report.Message, report.Author, report.User, report.Reason));
        Assert.InRange(report.Ts, 1, long.MaxValue);
        Assert.False(page.More);
        Assert.Equal(new Refused(Refusal.Forbidden, "you cannot report your own message"), own);
        Assert.Equal(new Refused(Refusal.Gone, "the message was deleted"), gone);
        Assert.Equal(new Refused(Refusal.NotFound, "there is no such message in this room"), absent);
        Assert.Equal(absent, event1);
        Assert.Equal(Refusal.Forbidden, (await ReportsAsync(_bob)).Refusal?.Reason);
        Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(await DismissAsync(_bob, message)).Reason);
        Assert.Single((await ReportsAsync(_ann)).Reports);

        Assert.IsType<Done>(await DismissAsync(_ann, message));
        Assert.IsType<Done>(await DismissAsync(_ann, message));
        Assert.Empty((await ReportsAsync(_ann)).Reports);
    }

    [Fact]
    public async Task Reports_WhenTheMessageIsDeleted_AreGone()
    {
        await using var gateway = await cluster.GatewayAsync();
        var message = await FillAsync(gateway);
        await ReportAsync(_bob, message);

        await gateway.SendOneAsync(_room, About(message, _ann, RoomEventKind.Delete));

        Assert.Empty((await ReportsAsync(_ann)).Reports);
    }

    [Fact]
    public async Task Reports_WhenThereAreMany_AreBounded()
    {
        await using var gateway = await cluster.GatewayAsync();
        var message = await FillAsync(gateway);
        foreach (var n in Enumerable.Range(1, 100))
        {
            await cluster.Log.ReportAsync(_room, new(message, $"user-{n}", n, null), Ct);
        }

        var all = await ReportsAsync(_ann);
        await ReportAsync(_bob, message);
        var more = await ReportsAsync(_ann);
        var two = await ReportsAsync(_ann, 2);
        var one = await ReportsAsync(_ann, 0);
        foreach (var n in Enumerable.Range(101, ReportRules.MaxReports - 101))
        {
            await cluster.Log.ReportAsync(_room, new(message, $"user-{n}", n, null), Ct);
        }

        Assert.Equal((100, false), (all.Reports.Length, all.More));
        Assert.Equal((100, true, _bob), (more.Reports.Length, more.More, more.Reports[0].User));
        Assert.Equal((2, true), (two.Reports.Length, two.More));
        Assert.Equal((1, true), (one.Reports.Length, one.More));
        var second = (await gateway.PostAsync(_room, _ann, "worse")).Seq;
        Assert.Equal(Refusal.RoomFull, Assert.IsType<Refused>(await ReportAsync(_bob, second)).Reason);
        Assert.IsType<Done>(await ReportAsync(_bob, message));
    }

    [Fact]
    public async Task Reports_WhenTheSettingsTakeModerating_AreForbidden()
    {
        await using var gateway = await cluster.GatewayAsync();
        await FillAsync(gateway);
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, _bob, RoomRole.Moderator));
        var before = await ReportsAsync(_bob);

        await gateway.SendOneAsync(_room, Set(_ann, new(false, Moderators: RoomAction.Write)));

        Assert.Null(before.Refusal);
        Assert.Equal(new(Refusal.Forbidden, "only users who may moderate this room may do this"), (await ReportsAsync(_bob)).Refusal);
        Assert.Null((await ReportsAsync(_ann)).Refusal);

        // A token can grant the action to a member, but to no other user.
        Assert.Null((await cluster.History.ReportsAsync(new(_room, _bob, 10, RoomAction.Moderate))).Refusal);
        var reader = await cluster.History.ReportsAsync(new(_room, "reader", 10, RoomAction.Moderate | RoomAction.Read));
        Assert.Equal(Refusal.Forbidden, reader.Refusal?.Reason);
        Assert.Equal(new(Refusal.NotMember, ""), (await cluster.History.ReportsAsync(new(_room, "reader", 10, RoomAction.Moderate))).Refusal);
    }

    [Fact]
    public async Task Reports_WhenTheRoomIsNoGroup_NeedAGrant()
    {
        await using var gateway = await cluster.GatewayAsync();
        var (channel, direct) = (SiloTestCluster.Fresh("lobby"), RoomKey.Direct(_ann, _bob));
        await gateway.EnterAsync(channel, _ann);
        await gateway.PostAsync(channel, _ann, "spam");
        await gateway.PostAsync(direct, _ann, "spam");

        foreach (var room in (string[])[channel, direct])
        {
            Assert.IsType<Done>(await cluster.History.ReportAsync(new(room, _bob, 1, "spam")));
            Assert.Equal(Refusal.Forbidden, (await cluster.History.ReportsAsync(new(room, _ann, 10))).Refusal?.Reason);
            Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(await cluster.History.DismissAsync(new(room, _ann, 1))).Reason);
            Assert.Single(await cluster.Log.ReportsAsync(room, 10, Ct));
        }

        Assert.Single((await cluster.History.ReportsAsync(new(channel, "mod", 10, RoomAction.Moderate))).Reports);
        Assert.IsType<Done>(await cluster.History.DismissAsync(new(channel, "mod", 1, RoomAction.Moderate)));
        Assert.Equal(Refusal.Forbidden, (await cluster.History.ReportsAsync(new(direct, _bob, 10, RoomAction.Moderate))).Refusal?.Reason);
        Assert.Equal(new Refused(Refusal.Forbidden, ""), await cluster.History.ReportAsync(new(direct, "eve", 1, null)));
        var empty = RoomKey.Direct(_ann, "nobody");
        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(await cluster.History.ReportAsync(new(empty, _ann, 1, null))).Reason);
        Assert.Equal(Refusal.Forbidden, (await cluster.History.ReportsAsync(new(empty, _ann, 10))).Refusal?.Reason);
    }

    [Fact]
    public async Task Report_WhenTheLogIsAway_IsUnavailable()
    {
        await using var gateway = await cluster.GatewayAsync();
        var message = await FillAsync(gateway);
        cluster.Log[_room].Away = true;

        Assert.Equal(new Refused(Refusal.Unavailable, ""), await ReportAsync(_bob, message));
        Assert.Equal(new(Refusal.Unavailable, ""), (await ReportsAsync(_ann)).Refusal);
        Assert.Equal(new Refused(Refusal.Unavailable, ""), await DismissAsync(_ann, message));
        cluster.Log[_room].Away = false;
        cluster.Log[_room].RefusesName = true;
        Assert.Equal(new Refused(Refusal.NotFound, ""), await ReportAsync(_bob, message));
    }

    /// <summary>Makes a group of ann, the owner, and bob. Returns the sequence of ann's message.</summary>
    private async Task<long> FillAsync(TestGateway gateway)
    {
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, _bob);
        return (await gateway.PostAsync(_room, _ann, "bad words")).Seq;
    }

    private Task<RoomReply> ReportAsync(string user, long message, string? reason = null)
        => cluster.History.ReportAsync(new(_room, user, message, reason));

    private Task<ReportPage> ReportsAsync(string user, int limit = 1000) => cluster.History.ReportsAsync(new(_room, user, limit));

    private Task<RoomReply> DismissAsync(string user, long message) => cluster.History.DismissAsync(new(_room, user, message));
}
