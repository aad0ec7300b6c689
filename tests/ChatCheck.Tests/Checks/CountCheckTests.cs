using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class CountCheckTests
{
    /// <summary>
    /// Ann's messages 1 and 2, of which 2 mentions Bob, Bob's message 3 to everyone, and Ann's deletion of message 1.
    /// </summary>
    private static HandMade Made()
    {
        var made = new HandMade();
        var first = made.Sent(new() { Writer = HandMade.Ann });
        made.Sent(new() { Writer = HandMade.Ann, Mentioned = HandMade.Bob });
        made.Sent(new() { Writer = HandMade.Bob, MentionsEveryone = true });
        made.Sent(new() { Writer = HandMade.Ann, Kind = SendKind.Deletion, Target = first });
        return made;
    }

    [Fact]
    public void Find_WhenCountsEqualTheLog_ReturnsNothing() => Assert.Empty(Find(
        Row(HandMade.Bob, seq: 4, read: 0, unread: 1, mentions: 1),
        Row(HandMade.Bob, seq: 3, read: 0, unread: 2, mentions: 1),
        Row(HandMade.Bob, seq: 3, read: 2, unread: 0, mentions: 0),
        Row(HandMade.Ann, seq: 4, read: 0, unread: 1, mentions: 1),
        Row(HandMade.Ann, seq: 0, read: 0, unread: 0, mentions: 0)));

    /// <summary>The faults are: the own message, the deleted message, everyone, and the counts of the head before.</summary>
    [Theory]
    [InlineData(HandMade.Bob, 2, 1)]
    [InlineData(HandMade.Bob, 1, 0)]
    [InlineData(HandMade.Ann, 1, 0)]
    [InlineData(HandMade.Ann, 3, 1)]
    public void Find_WhenCountsDifferFromTheLog_NamesBoth(int user, int unread, int mentions)
    {
        var violation = HandMade.One(Find(Row(user, seq: 4, read: 0, unread, mentions)));

        Assert.Equal(CountCheck.List, violation.Promise);
        Assert.Equal(
            $"{(user == HandMade.Ann ? "ann" : "bob")} got a list of lobby with seq 4 and read 0: got {unread} unread, {mentions} mentions; expected 1 unread, 1 mentions.", violation.What);
    }

    [Fact]
    public void Find_WhenJoinedDiffersFromTheLog_ReportsIt() => Assert.Equal(
        CountCheck.Joined, HandMade.One(Find(new CountsSeen(HandMade.Bob, HandMade.Room, 4, 0, 2, 1, false, CountsSource.Joined))).Promise);

    [Fact]
    public void Find_WhenTheHeadIsPastTheLog_ReportsIt() =>
        Assert.Equal(CountCheck.Head, HandMade.One(Find(Row(HandMade.Bob, seq: 5, read: 0, unread: 1, mentions: 1))).Promise);

    [Fact]
    public void Find_WhenMoreIsNotTrue_ReportsIt() =>
        Assert.Equal(CountCheck.List, HandMade.One(Find(Row(HandMade.Bob, seq: 4, read: 0, unread: 1, mentions: 1) with { HasMore = true })).Promise);

    [Fact]
    public void Find_WhenTheNewestEventIsAnother_ReportsIt()
    {
        var violation = HandMade.One(Find(Row(HandMade.Bob, seq: 4, read: 0, unread: 1, mentions: 1) with { LastFrom = HandMade.Bob }));

        Assert.Equal(CountCheck.Last, violation.Promise);
        Assert.Contains("a Deletion of bob, but event 4 is send 3 of ann to lobby (a deletion of send 0)", violation.What, StringComparison.Ordinal);
    }

    private static CountsSeen Row(int user, int seq, int read, int unread, int mentions)
    {
        var row = new CountsSeen((ushort)user, HandMade.Room, seq, read, unread, mentions, false, CountsSource.List);
        return seq == 0 ? row : row with { LastFrom = seq == 3 ? (short)HandMade.Bob : (short)HandMade.Ann, LastKind = seq == 4 ? SendKind.Deletion : SendKind.Message };
    }

    private static IEnumerable<Violation> Find(params CountsSeen[] seen)
    {
        var history = Made().History;
        seen.ToList().ForEach(history.Counts.Add);
        return CountCheck.Find(history);
    }
}
