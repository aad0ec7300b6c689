using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>
/// A session's list of conversations: how the client requests it, reads its changes and changes its settings.
/// </summary>
public sealed class SessionListTests : IDisposable
{
    private readonly SessionRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Hello_WhenItAsksForConversations_GetsThemAfterWelcome()
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Conversations = new([new("team", RoomKind.Group, 9, 800, 9, 0)], true, "c.5");

        await session.HandleAsync(new Hello("h", null, null, [], 20));
        await _rig.UntilAsync(r => r.Frames.Count == 2, "the list");

        Assert.IsType<Welcome>(_rig.Frames[0]);
        var list = Assert.IsType<ConversationList>(_rig.Frames[1]);
        Assert.Equal((null, true, "c.5", false), (list.Id, list.More, list.Cursor, list.Reset));
        Assert.Contains("conversations ann   20", _rig.Rooms.Calls);
    }

    [Fact]
    public async Task Conversations_WhenThereAreChanges_HaveTheRemovedRooms()
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Conversations = new(
            [
                new("team", RoomKind.Group, 9, 800, 9, 0, RoomRole.Owner, null, new(9, 800, "bob", RoomEventKind.Kick, "eve"), new(false, true, false, 1)),
                new("lobby", RoomKind.Channel, 2, 700, 0, 1, Last: new(2, 700, "bob", RoomEventKind.Msg, "hi"), Settings: new(true, false, true, long.MaxValue)),
            ],
            false, "c.6", [RoomKey.Direct("ann", "bob"), "other"]);

        await session.HandleAsync(new Conversations("l", null, null, 50, "c.5"));
        await _rig.UntilAsync(r => r.Frames.Count == 1, "the changes");

        var list = Assert.IsType<ConversationList>(_rig.Frames[0]);
        Assert.Equal(["@bob", "other"], list.Removed!);
        Assert.False(list.Reset);

        // The entry has no mute, because the mute has ended. The log stores the user of a kick as its text, and the
        // entry has this user in its own field.
        Assert.Equal(
            [
                new("team", "group", 9, 800, 9, 0, MemberRole.Owner, null, new(9, 800, "bob", EventKind.Kick, null, "eve"), Pinned: true),
                new ConversationEntry(
                    "lobby", "channel", 2, 700, 0, 1, null, null, new(2, 700, "bob", EventKind.Msg, "hi"), Followed: true, Archived: true,
                    Muted: MemberEntry.Forever),
            ],
            list.Rooms);
        Assert.Contains("conversations ann   50 since c.5", _rig.Rooms.Calls);
    }

    [Fact]
    public async Task Conversations_WhenTheCursorIsRefused_SayReset()
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Conversations = new([], false, "c.6");

        await session.HandleAsync(new Conversations("l", null, null, 50, "old"));
        await _rig.UntilAsync(r => r.Frames.Count == 1, "the list");

        Assert.True(Assert.IsType<ConversationList>(_rig.Frames[0]).Reset);
    }

    [Theory]
    [InlineData((RoomEventKind)15)]
    [InlineData(RoomEventKind.Invite)]
    [InlineData(RoomEventKind.Join)]
    public async Task Conversations_WhenTheNewestEventHasNoTextForPeople_HideIt(RoomEventKind kind)
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Conversations = new([new("team", RoomKind.Group, 9, 800, 9, 0, Last: new(9, 800, "bob", kind, "secret"))], false);

        await session.HandleAsync(new Conversations("l", null, null, 50));
        await _rig.UntilAsync(r => r.Frames.Count == 1, "the list");

        Assert.Null(Assert.Single(Assert.IsType<ConversationList>(_rig.Frames[0]).Rooms).Last!.Text);
    }

    [Fact]
    public async Task SetConversation_WhenItSucceeds_NotifiesTheOtherSessions()
    {
        var session = await _rig.SessionAsync();
        var key = RoomKey.Direct("ann", "bob");

        await session.HandleAsync(new SetConversation("s", "@bob", true, null, false, null, 5));
        await _rig.UntilAsync(r => r.Users.Calls.Contains($"changed ann {key}"), "the notification");

        Assert.Equal([new Ok("s", "@bob", null, null, false, null)], _rig.Frames);
        Assert.Equal($"{new ConversationSet(key, "ann", null, true, null, false, 5)}", _rig.Rooms.Calls[^1]);
        Assert.Equal(4, _rig.Users.Charged["ann"]);
    }

    [Fact]
    public async Task SetConversation_WhenItIsRefused_SaysWhy()
    {
        var session = await _rig.SessionAsync();
        (ConversationReply? Reply, ChatErrorCode Code)[] answers =
        [
            (new(new Refused(Refusal.NotFound, "there is no such room")), ChatErrorCode.NotFound),
            (new(TooMany: "too many"), ChatErrorCode.TooLarge),
            (null, ChatErrorCode.Unavailable),
        ];

        foreach (var (reply, _) in answers)
        {
            _rig.Rooms.SettingsReply = reply;
            await session.HandleAsync(new SetConversation("s", "team", true, null, null, null, null));
        }

        await _rig.UntilAsync(r => r.Frames.Count == answers.Length, "the refusals");
        Assert.Equal(answers.Select(answer => answer.Code), _rig.Frames.OfType<Err>().Select(err => err.Code));
        Assert.DoesNotContain(_rig.Users.Calls, call => call.StartsWith("changed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ConversationChanged_WhenTheClientHasNoList_IsNotSent()
    {
        var session = await _rig.SessionAsync();
        session.OnConversationChanged("team", "another");
        Assert.Empty(_rig.Frames);

        await session.HandleAsync(new Conversations("l", null, null, 50));
        await _rig.UntilAsync(r => r.Frames.Count == 1, "the list");
        session.OnConversationChanged("team", session.Id);
        session.OnConversationChanged(RoomKey.Direct("ann", "bob"), "another");

        Assert.Equal([new ConversationChanged("@bob")], _rig.Frames.Skip(1));
    }
}
