using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The counts of a user who enters while the room commits.</summary>
public sealed class CountedReadTests
{
    /// <summary>The log counted at the head 10. The user's read mark is 4.</summary>
    private static readonly CountedFacts Read = new(new RoomFacts(RoomKind.Channel, 10, 10, RoomRole.None, 4), new(5, 2, true));

    [Fact]
    public void Counts_WhenNothingWasCommitted_AreThoseOfTheRead()
    {
        Assert.Equal(Read.Counts, CountsAt(10));
        Assert.Equal(Read.Counts, CountsAt(8));
    }

    [Fact]
    public void Counts_WhenMessagesWereCommitted_AddThoseOfOthers() => Assert.Equal(
        new(8, 4, true),
        CountsAt(14, Message(9, "bob", "ann"), Message(10, "bob"), Message(11, "bob"), Message(12, "bob", "ann eve"), Message(13, "ann", "ann"), Message(14, "eve", "@everyone")));

    [Fact]
    public void Counts_WhenANewMessageIsDeletedToo_LeaveItOut()
        => Assert.Equal(Read.Counts, CountsAt(12, Message(11, "bob", "ann"), Deletion(12, 11)));

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(10, false)]
    public void Counts_WhenAnOldMessageIsDeleted_AreKnownOnlyBeforeTheMark(long message, bool isKnown)
        => Assert.Equal(isKnown, CountsAt(11, Deletion(11, message)) is not null);

    [Fact]
    public void Counts_WhenTheHeadMovedWithoutACommit_AreUnknown()
    {
        Assert.Null(CountsAt(11));
        Assert.Null(CountsAt(12, Message(12, "bob")));
    }

    private static UnreadCounts? CountsAt(long head, params RoomEvent[] committed)
    {
        var read = new CountedRead("ann");
        read.Add(committed);
        return read.CountsAt(head, Read);
    }

    private static RoomEvent Message(long seq, string from, string? mentions = null)
        => new(seq, 1, from, RoomEventKind.Msg, "text", null, null, null, $"{seq}", false, seq) { Mentions = mentions };

    private static RoomEvent Deletion(long seq, long message)
        => new(seq, 1, "bob", RoomEventKind.Delete, null, message, null, null, $"{seq}", false, 10);
}
