using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

public abstract partial class MessageLogContract
{
    [Fact]
    public async Task ReportTarget_WhenAsked_DescribesTheMessage()
    {
        var claim = await Log.OwnAsync("team");
        await Log.AppendAsync("team", claim, Msg("ann", "1"), Msg("bob", "2"), Edit("ann", "3", 1, "edited"), Delete("bob", "4", 2));
        await Log.ReportAsync("team", new(1, "cyd", 1000, null), Ct);

        Assert.Equal(new("ann", false, true), await Log.ReportTargetAsync("team", 1, "cyd", Ct));
        Assert.Equal(new("ann", false, false), await Log.ReportTargetAsync("team", 1, "dan", Ct));
        Assert.Equal(new("bob", true, false), await Log.ReportTargetAsync("team", 2, "cyd", Ct));
        Assert.Null(await Log.ReportTargetAsync("team", 3, "cyd", Ct));
        Assert.Null(await Log.ReportTargetAsync("team", 5, "cyd", Ct));
        Assert.Null(await Log.ReportTargetAsync("team", long.MaxValue, "cyd", Ct));
        Assert.Null(await Log.ReportTargetAsync("nowhere", 1, "cyd", Ct));
    }

    [Fact]
    public async Task Reports_WhenListed_AreTheNewestFirst()
    {
        var claim = await Log.OwnAsync("team");
        await Log.AppendAsync("team", claim, Msg("ann", "1"), Msg("bob", "2"));
        await Log.AppendAsync("other", await Log.OwnAsync("other"), Msg("ann", "1"));
        foreach (var report in (NewReport[])[new(1, "cyd", 1000, "spam"), new(2, "cyd", 3000, null), new(1, "dan", 2000, "rude"), new(2, "dan", 3000, "é")])
        {
            Assert.Equal(ReportStored.Yes, await Log.ReportAsync("team", report, Ct));
        }

        await Log.ReportAsync("other", new(1, "eve", 9000, null), Ct);

        // A second report of the same message by the same user does not replace the first one.
        Assert.Equal(ReportStored.Yes, await Log.ReportAsync("team", new(1, "cyd", 9000, "again"), Ct));
        Assert.Equal("2 bob cyd 3000 , 2 bob dan 3000 é, 1 ann dan 2000 rude, 1 ann cyd 1000 spam", await ListAsync("team", 10));
        Assert.Equal("2 bob cyd 3000 , 2 bob dan 3000 é", await ListAsync("team", 2));

        await Log.DismissAsync("team", 2, Ct);
        await Log.DismissAsync("team", 2, Ct);
        await Log.DismissAsync("nowhere", 2, Ct);

        Assert.Equal("1 ann dan 2000 rude, 1 ann cyd 1000 spam", await ListAsync("team", 10));
        Assert.Equal("1 ann eve 9000 ", await ListAsync("other", 10));
        Assert.Equal("", await ListAsync("nowhere", 10));
        Assert.Equal(ReportStored.Yes, await Log.ReportAsync("team", new(2, "cyd", 4000, null), Ct));
    }

    [Fact]
    public async Task Reports_WhenTheMessageIsDeleted_AreRemoved()
    {
        var claim = await Log.OwnAsync("team");
        await Log.AppendAsync("team", claim, Msg("ann", "1"), Msg("ann", "2"), Msg("bob", "3"));
        foreach (var message in 3.To())
        {
            await Log.ReportAsync("team", new(message, "cyd", 1000 + message, null), Ct);
        }

        await Log.AppendAsync("team", claim - 1, Delete("ann", "fenced", 2));
        await Log.AppendAsync("team", claim, Edit("ann", "4", 2, "edited"), Delete("ann", "5", 1), Delete("bob", "6", 3), Delete("bob", "7", 99));

        Assert.Equal("2 ann cyd 1002 ", await ListAsync("team", 10));
        Assert.Equal(ReportStored.Gone, await Log.ReportAsync("team", new(1, "dan", 1000, null), Ct));
        Assert.Equal(ReportStored.Gone, await Log.ReportAsync("team", new(1, "cyd", 1000, null), Ct));
        Assert.Equal(ReportStored.Gone, await Log.ReportAsync("team", new(4, "cyd", 1000, null), Ct));
        Assert.Equal(ReportStored.Gone, await Log.ReportAsync("team", new(99, "cyd", 1000, null), Ct));
        Assert.Equal(ReportStored.Gone, await Log.ReportAsync("nowhere", new(1, "cyd", 1000, null), Ct));
    }

    [Fact]
    public async Task Report_WhenTheRoomHasTooMany_IsNotStored()
    {
        var claim = await Log.OwnAsync("team");
        await Log.AppendAsync("team", claim, Msg("ann", "1"), Msg("ann", "2"));
        foreach (var n in ReportRules.MaxReports.To())
        {
            Assert.Equal(ReportStored.Yes, await Log.ReportAsync("team", new(1, $"user-{n}", n, null), Ct));
        }

        Assert.Equal(ReportStored.TooMany, await Log.ReportAsync("team", new(2, "user-1", 5000, null), Ct));
        Assert.Equal(ReportStored.Yes, await Log.ReportAsync("team", new(1, "user-1", 5000, null), Ct));
        Assert.Equal(ReportRules.MaxReports, (await Log.ReportsAsync("team", 2000, Ct)).Count);
        await Log.DismissAsync("team", 1, Ct);
        Assert.Equal(ReportStored.Yes, await Log.ReportAsync("team", new(2, "user-1", 5000, null), Ct));
        Assert.Equal("2 ann user-1 5000 ", await ListAsync("team", 10));
    }

    [Fact]
    public async Task Settings_WhenAsked_AreTheNewestOfTheRoom()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        var before = await Log.SettingsAsync("team", Ct);
        var settings = new RoomSettings(true, RoomAction.Write, RoomAction.React);

        await Log.AppendAsync("team", claim, Settings(settings));

        Assert.Null(before);
        Assert.Equal(settings, await Log.SettingsAsync("team", Ct));
        Assert.Null(await Log.SettingsAsync("nowhere", Ct));
    }

    private async Task<string> ListAsync(string room, int limit) => string.Join(
        ", ", (await Log.ReportsAsync(room, limit, Ct)).Select(report => $"{report.Message} {report.Author} {report.User} {report.Ts} {report.Reason}"));
}
