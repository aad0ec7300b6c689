using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>How mentions and counts pass between the frames of clients and the records of grains.</summary>
public sealed class MentionFramesTests
{
    private static readonly RoomEvent Message = new(5, 1000, "bob", RoomEventKind.Msg, "hi", null, null, null, "k", false, 5);

    [Fact]
    public void Post_WhenASendHasMentions_HasThemAsOneString()
    {
        var send = new Send("k", "team", EventKind.Msg, "hi", null, null, null, Mentions: ["bob", Mention.Everyone]);

        Assert.Equal(
            new Post("ann", "k", RoomEventKind.Msg, "hi", null, null, null, $"bob {MentionList.Everyone}"), FrameMapping.Post(send, "ann", RoomAction.None));
        Assert.Null(FrameMapping.Post(send with { Mentions = null }, "ann", RoomAction.None).Mentions);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Event_WhenAMessageHasMentions_ShowsThemToEverybody(bool own)
    {
        Assert.Equal(["ann", "@everyone"], FrameMapping.Event(Message with { Mentions = "ann @everyone" }, "team", own).Mentions);
        Assert.Null(FrameMapping.Event(Message, "team", own).Mentions);
    }

    [Theory]
    [InlineData(0, null, false)]
    [InlineData(3, 3L, true)]
    public void Counts_WhenTheyAreZeroOrFalse_AreLeftOut(long mentions, long? shown, bool hasMore)
    {
        var entered = new Entered(RoomKind.Channel, "e", 9, 9, 4, 5, 1, Mentions: mentions, UnreadMore: hasMore);
        var conversation = new Conversation("team", RoomKind.Group, 9, 1000, 4, 5, Mentions: mentions, UnreadMore: hasMore);

        var joined = FrameMapping.Joined("1", "lobby", entered, 9, false);
        var list = FrameMapping.Answer(new Conversations("1", null, null, 10), new ConversationPage([conversation], false), room => room, 0);

        Assert.Equal((5, shown, hasMore), (joined.Unread, joined.Mentions, joined.UnreadMore));
        var entry = Assert.Single(list.Rooms);
        Assert.Equal((5, shown, hasMore), (entry.Unread, entry.Mentions, entry.UnreadMore));
    }

    /// <summary>A page of history counts its bytes, and a large page costs more.</summary>
    [Fact]
    public void Bytes_WhenAMessageHasMentions_IncludeThem()
        => Assert.Equal(EventBytes.Count(Message) + 9, EventBytes.Count(Message with { Mentions = "ann bobé" }));
}
