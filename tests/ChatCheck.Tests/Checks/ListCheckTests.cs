using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Clients;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class ListCheckTests
{
    private static readonly CountsSeen Lobby = new(HandMade.Bob, HandMade.Room, Seq: 5, Read: 2, Unread: 3, Mentions: 0, HasMore: false, CountsSource.List);
    private static readonly CountsSeen Plans = new(HandMade.Bob, HandMade.OtherRoom, Seq: 0, Read: 0, Unread: 0, Mentions: 0, HasMore: false, CountsSource.List);

    [Fact]
    public void Final_WhenBothListsEqualTheLog_IsRight() => Assert.Empty(Find([Lobby, Plans], [Plans, Lobby with { Source = CountsSource.Changes }]));

    [Fact]
    public void Final_WhenARoomIsMissing_IsReported() => Assert.Equal(ListCheck.Final, HandMade.One(Find([Plans], [Lobby, Plans])).Promise);

    [Fact]
    public void Final_WhenTheHeadIsOld_IsReported() => Assert.Equal(
        ListCheck.Final, HandMade.One(Find([Lobby with { Seq = 4 }, Plans], [Lobby, Plans])).Promise);

    [Fact]
    public void Final_WhenTheMarkIsLost_IsReported() => Assert.Equal(
        ListCheck.Final, HandMade.One(Find([Lobby with { Read = 1 }, Plans], [Lobby, Plans])).Promise);

    [Fact]
    public void Final_WhenTheChangesLackOne_NamesBothRows()
    {
        var violation = HandMade.One(Find([Lobby, Plans], [Lobby with { Seq = 4, Unread = 2 }, Plans]));

        Assert.Equal(ListCheck.Changed, violation.Promise);
        Assert.Contains("seq 4 and read 2: got 2 unread", violation.What, StringComparison.Ordinal);
        Assert.Contains("expected the row of the whole list: bob got a list of lobby with seq 5", violation.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Final_WhenTheChangesKeepARemovedRoom_IsReported()
    {
        var list = new FinalList(HandMade.Bob, new Dictionary<int, int> { [HandMade.Room] = 2 }, [Lobby], [Lobby, Plans]);

        Assert.Equal(ListCheck.Changed, HandMade.One(ListCheck.Find(HandMade.Of(5).History with { FinalLists = [list] })).Promise);
    }

    [Fact]
    public void List_WhenNothingIsWrong_HasNoFault()
    {
        var list = Started();

        Assert.Null(list.Apply(Seen([Lobby with { Seq = 6 }], removed: [])));
        list.Expect(HandMade.OtherRoom, false);
        Assert.Null(list.Apply(Seen([], removed: [HandMade.OtherRoom])));
        Assert.Equal([Lobby with { Seq = 6 }], list.Rows);
    }

    [Fact]
    public void Changes_WhenTheyForgetAnEvent_AreStale()
    {
        var list = Started();
        list.Received(HandMade.Room, 6);

        var fault = list.Apply(Seen([], removed: []));

        Assert.Equal(ListCheck.Stale, fault?.Promise);
        Assert.Equal("asked for the list with all changes: got lobby with seq 5 and read 2, expected seq 6 or later and read from 2 to 2", fault?.What);
    }

    [Fact]
    public void Changes_WhenTheyForgetARemoval_HaveARoomTooMany()
    {
        var list = Started();
        list.Expect(HandMade.OtherRoom, false);

        Assert.Equal(ListCheck.Rooms, list.Apply(Seen([], removed: []))?.Promise);
    }

    [Fact]
    public void List_WhenItLacksARoomOfTheUser_IsReported() => Assert.Equal(ListCheck.Rooms, Started().Take(Seen([Lobby], removed: []))?.Promise);

    [Fact]
    public void List_WhenItIsOlderThanTheOneBefore_IsStale() => Assert.Equal(
        ListCheck.Stale, Started().Take(Seen([Lobby with { Seq = 4 }, Plans], removed: []))?.Promise);

    [Fact]
    public void List_WhenAMarkIsNotTheUsers_IsReported() => Assert.Equal(
        ListCheck.Stale, Started().Take(Seen([Lobby with { Read = 3 }, Plans], removed: []))?.Promise);

    private static ConversationList Started()
    {
        var list = new ConversationList(["lobby", "plans"]);
        list.Expect(HandMade.Room, true);
        list.Expect(HandMade.OtherRoom, true);
        list.Marked(HandMade.Room, 2);
        Assert.Null(list.Take(Seen([Lobby, Plans], removed: [])));
        return list;
    }

    private static ListSeen Seen(IReadOnlyList<CountsSeen> rows, IReadOnlyList<int> removed) => new(rows, removed, "log.1", Reset: false, Fault: null);

    private static IEnumerable<Violation> Find(IReadOnlyList<CountsSeen> whole, IReadOnlyList<CountsSeen> changed)
    {
        var list = new FinalList(HandMade.Bob, new Dictionary<int, int> { [HandMade.Room] = 2, [HandMade.OtherRoom] = 0 }, whole, changed);
        return ListCheck.Find(HandMade.Of(5).History with { FinalLists = [list] });
    }
}
