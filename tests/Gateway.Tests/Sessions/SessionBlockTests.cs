using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>The commands about blocks and reports.</summary>
public sealed class SessionBlockTests
{
    [Fact]
    public async Task Block_WhenSent_IsAnsweredLikeAChangeOfSettings()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();

        await session.HandleAsync(new Block("1", "bob"));
        await session.HandleAsync(new Unblock("2", "bob"));
        await session.HandleAsync(new Unblock("3", "ann"));
        await session.HandleAsync(new Block("4", "ann"));
        rig.Rooms.Blocked = ["bob", "eve"];
        await session.HandleAsync(new Blocks("5"));
        await rig.UntilAsync(r => r.Frames.Count == 5, "the answers");

        Assert.Equal([Ok("1"), Ok("2"), Ok("3")], rig.Frames.Take(3));
        Assert.Equal(new Err("4", ChatErrorCode.BadRequest, "user is you; you cannot block yourself", null), rig.Frames[3]);
        Assert.Equal(["bob", "eve"], Assert.IsType<BlockList>(rig.Frames[4]).Users);
        Assert.Equal(["block ann bob", "unblock ann bob", "unblock ann ann", "blocks ann"], rig.Rooms.Calls);
        Assert.Equal(5 * 4, rig.Users.Charged["ann"]);
    }

    [Fact]
    public async Task Block_WhenItFails_SaysWhy()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        foreach (var reply in (ConversationReply?[])[new(TooMany: "unblock one first"), new(new Refused(Refusal.Unavailable, "again", 500)), null])
        {
            rig.Rooms.BlockReply = reply;
            await session.HandleAsync(new Block("1", "bob"));
        }

        rig.Rooms.Blocked = null;
        await session.HandleAsync(new Blocks("2"));
        await rig.UntilAsync(r => r.Frames.Count == 4, "the answers");

        Assert.Equal(new Err("1", ChatErrorCode.TooLarge, "unblock one first", null), rig.Frames[0]);
        Assert.Equal(new Err("1", ChatErrorCode.Unavailable, "again", 500), rig.Frames[1]);
        Assert.Equal((ChatErrorCode.Unavailable, 1000), rig.Frames[2] is Err late ? (late.Code, late.Retry) : default);
        Assert.Equal((ChatErrorCode.Unavailable, 1000), rig.Frames[3] is Err list ? (list.Code, list.Retry) : default);
    }

    [Fact]
    public async Task Reports_WhenSentAndListed_NameTheRoomAsTheUserDoes()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Reports = new([new(7, "bob", "ann", 1000, "rude"), new(5, "bob", "eve", 900, null)], true, null);

        await session.HandleAsync(new Report("1", "@bob", 7, "rude"));
        await session.HandleAsync(new Reports("2", "team", 20));
        await session.HandleAsync(new Dismiss("3", "team", 7));
        await rig.UntilAsync(r => r.Frames.Count == 3, "the answers");

        Assert.Equal(Ok("1", "@bob"), rig.Frames[0]);
        var list = Assert.IsType<ReportList>(rig.Frames[1]);
        Assert.Equal(("2", "team", true), (list.Id, list.Room, list.More));
        Assert.Equal([new(7, "bob", "ann", 1000, "rude"), new(5, "bob", "eve", 900, null)], list.Reports);
        Assert.Equal(Ok("3", "team"), rig.Frames[2]);
        Assert.Equal([$"report {RoomKey.Direct("ann", "bob")} ann 7 rude", "reports team ann 20", "dismiss team ann 7"], rig.Rooms.Calls);
        Assert.Equal(4 + 10 + 4, rig.Users.Charged["ann"]);
    }

    [Fact]
    public async Task Reports_WhenRefused_GetTheErrorsOfOtherQuestions()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        foreach (var reason in new[] { Refusal.NotFound, Refusal.NotMember, Refusal.Forbidden, Refusal.Unavailable })
        {
            var refused = new Refused(reason, "");
            (rig.Rooms.Readers, rig.Rooms.Reports, rig.Rooms.ReportReply) = (new([], false, refused), new([], false, refused), refused);
            var known = rig.Frames.Count;

            await session.HandleAsync(new Readers("q", "team", 7));
            await session.HandleAsync(new Report("q", "team", 7, null));
            await session.HandleAsync(new Reports("q", "team", 20));
            await session.HandleAsync(new Dismiss("q", "team", 7));
            await rig.UntilAsync(r => r.Frames.Count == known + 4, "the refusals");

            Assert.IsType<Err>(rig.Frames[known]);
            Assert.All(rig.Frames.Skip(known), frame => Assert.Equal(rig.Frames[known], frame));
        }

        rig.Rooms.ReportReply = new Refused(Refusal.RateLimited, "later", 700);
        var last = rig.Frames.Count;
        await session.HandleAsync(new Report("c", "lobby", 7, null));
        await rig.UntilAsync(r => r.Frames.Count == last + 1, "the refusal");
        Assert.Equal(new Err("c", ChatErrorCode.RateLimited, "later", 700), rig.Frames[last]);
    }

    private static Ok Ok(string id, string? room = null) => new(id, room, null, null, false, null);
}
