using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class ReplyCheckTests
{
    /// <summary>Message 1 has the replies 2 and 3, and event 4 deletes message 3.</summary>
    private static HandMade Made(int replies)
    {
        var made = new HandMade();
        made.Sent(new() { Writer = HandMade.Ann });
        made.Sent(new() { Writer = HandMade.Bob, Reply = 1 });
        var deleted = made.Sent(new() { Writer = HandMade.Ann, Reply = 1 });
        made.Sent(new() { Writer = HandMade.Ann, Kind = SendKind.Deletion, Target = deleted });
        made.Log[0] = made.Log[0] with { Replies = replies };
        return made;
    }

    [Fact]
    public void Find_WhenTheLogHasTheNumber_ReturnsNothing() => Assert.Empty(ReplyCheck.Find(Made(1).History));

    [Theory, InlineData(0), InlineData(2)]
    public void Find_WhenANumberInTheLogIsWrong_ReportsIt(int replies) => Assert.Equal(
        $"In the log of lobby, read after the run, message 1 has {replies} replies; expected 1.", HandMade.One(ReplyCheck.Find(Made(replies).History)).What);

    /// <summary>The page ends at event 3, so the server may have read it before or after the deletion.</summary>
    [Theory, InlineData(0, 1), InlineData(1, 0), InlineData(2, 0), InlineData(3, 1)]
    public void Find_WhenAPageIsFromTheRun_AllowsWhatMayHaveBeenRead(int replies, int violations)
    {
        var made = Made(1);
        var page = new PageSeen(HandMade.Bob, HandMade.Room, 1_000_000, 0, null, [made.Log[0] with { Replies = replies }, made.Log[1], made.Log[2]]);

        Assert.Equal(violations, ReplyCheck.Find(made.History with { Pages = [page] }).Count());
    }
}
