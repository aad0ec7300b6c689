using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>Lists of conversations: newest events, personal settings, and the changes since a cursor.</summary>
public abstract partial class MessageLogContract
{
    /// <summary>
    /// True if the cursor of a list is always after every change that the list contains. False on a server with other
    /// transactions in flight: the cursor may then be before such a change, and the next read returns the change again.
    /// </summary>
    private protected virtual bool HasExactCursors => true;

    [Fact]
    public async Task Conversations_WhenRoomsHaveEvents_HaveTheNewest()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.OwnAsync("empty", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Msg("bob", "1", "hello", ts: 2000));

        Assert.Equal(new NewestEvent(2, 2000, "bob", RoomEventKind.Msg, "hello"), await LastAsync());

        // The list cuts the text of the newest event to 200 characters. An emoji counts as one character.
        await Log.AppendAsync("team", claim, Msg("bob", "2", string.Concat(Enumerable.Repeat("a😀", 150)), ts: 2000));
        Assert.Equal(string.Concat(Enumerable.Repeat("a😀", 100)), (await LastAsync())!.Text);

        await Log.AppendAsync("team", claim, Delete("bob", "3", 3) with { Ts = 3000 });
        Assert.Equal(new NewestEvent(4, 3000, "bob", RoomEventKind.Delete, null), await LastAsync());

        // An invited user does not see the newest event.
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Invite, "cyd"));
        Assert.Null(Assert.Single((await Log.ConversationsAsync("cyd", null, 10, Ct)).Rows).Last);

        async Task<NewestEvent?> LastAsync() => Assert.Single((await Log.ConversationsAsync("ann", null, 10, Ct)).Rows).Last;
    }

    [Fact]
    public async Task SetConversation_WhenSettingsChange_KeepsTheOthers()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("bob"));

        Assert.Equal(default, await SetAsync(new()));
        Assert.Equal(new(false, true, false, 0), await SetAsync(new(Pinned: true)));
        Assert.Equal(new(false, true, true, 0), await SetAsync(new(Archived: true)));
        Assert.Equal(new(false, true, true, 5000), await SetAsync(new(MutedUntil: 5000)));
        Assert.Equal(new(false, false, true, long.MaxValue), await SetAsync(new(Pinned: false, MutedUntil: long.MaxValue)));
        Assert.Equal(default, await SetAsync(new(Archived: false, MutedUntil: 0)));
        Assert.Equal(default, Assert.Single(await Log.ListAsync("bob", null, 10)).Settings);
        Assert.Equal(ConversationStored.NoRoom, await Log.SetConversationAsync("ann", "nowhere", new(Pinned: true), Ct));

        async Task<ConversationSettings> SetAsync(ConversationChange change)
        {
            Assert.Equal(ConversationStored.Yes, await Log.SetConversationAsync("ann", "team", change, Ct));
            return Assert.Single(await Log.ListAsync("ann", null, 10)).Settings;
        }
    }

    [Fact]
    public async Task Conversations_WhenHidden_ReturnWithTheNextEvent()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        var key = RoomKey.Direct("ann", "bob");
        var direct = await Log.OwnAsync(key, RoomKind.Direct);

        foreach (var room in (string[])["team", key])
        {
            await Log.SetConversationAsync("ann", room, new(Hidden: true), Ct);
        }

        Assert.Empty(await Log.ListAsync("ann", null, 10));
        Assert.Equal([key], (await Log.ListAsync("bob", null, 10)).Select(row => row.Room));

        await Log.AppendAsync("team", claim, Msg("bob", "1"));
        await Log.AppendAsync(key, direct, Msg("bob", "1"));
        Assert.Equal(2, (await Log.ListAsync("ann", null, 10)).Count);

        await Log.SetConversationAsync("ann", "team", new(Hidden: true), Ct);
        await Log.SetConversationAsync("ann", "team", new(Pinned: true), Ct);
        Assert.Equal([key], (await Log.ListAsync("ann", null, 10)).Select(row => row.Room));
        await Log.SetConversationAsync("ann", "team", new(Hidden: false), Ct);
        Assert.Equal(2, (await Log.ListAsync("ann", null, 10)).Count);
    }

    [Fact]
    public async Task Conversations_WhenAnInvitationIsHidden_ReturnWithANewerInvitation()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Invite, "bob"));

        await Log.SetConversationAsync("bob", "team", new(Hidden: true), Ct);
        await Log.AppendAsync("team", claim, Msg("ann", "1"));
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Mute, "bob"));
        Assert.Empty(await Log.ListAsync("bob", null, 10));

        await Log.AppendAsync("team", claim, Change(RoomEventKind.Invite, "bob") with { Ts = 4000 });
        Assert.Equal(
            [new ConversationRow("team", RoomKind.Group, 0, 4000, 0, 0, RoomRole.Invited, null)], await Log.ListAsync("bob", null, 10));
    }

    [Fact]
    public async Task Conversations_WhenAChannelIsFollowed_ListIt()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("bob", "1"), Msg("bob", "2", ts: 2000));
        await Log.MarkAsync([new("lobby", "ann", 1)], Ct);
        Assert.Empty(await Log.ListAsync("ann", null, 10));

        await Log.SetConversationAsync("ann", "lobby", new(Followed: true), Ct);

        Assert.Equal(
            [new ConversationRow("lobby", RoomKind.Channel, 2, 2000, 1, 1, RoomRole.None, null, null, new(true, false, false, 0))],
            await Log.ListAsync("ann", null, 10));
        Assert.Empty(await Log.ListAsync("bob", null, 10));

        await Log.SetConversationAsync("ann", "lobby", new(Followed: false, Pinned: true), Ct);
        Assert.Empty(await Log.ListAsync("ann", null, 10));
    }

    [Fact]
    public async Task SetConversation_WhenTooManyChannelsAreFollowed_IsRefused()
    {
        var rooms = (ConversationRules.MaxFollowed + 1).To().Select(i => $"channel-{i}").ToArray();
        await Task.WhenAll(rooms.Select(room => Log.OwnAsync(room)));
        await Parallel.ForEachAsync(
            rooms[1..], new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Ct },
            async (room, _) => Assert.Equal(ConversationStored.Yes, await FollowAsync(room, true)));

        Assert.Equal(ConversationStored.FollowsTooMany, await FollowAsync(rooms[0], true));
        Assert.Equal(ConversationStored.Yes, await FollowAsync(rooms[1], true));
        Assert.Equal(ConversationStored.Yes, await Log.SetConversationAsync("ann", rooms[0], new(Pinned: true), Ct));
        Assert.Equal(ConversationStored.Yes, await FollowAsync(rooms[1], false));
        Assert.Equal(ConversationStored.Yes, await FollowAsync(rooms[0], true));

        Task<ConversationStored> FollowAsync(string room, bool follows) => Log.SetConversationAsync("ann", room, new(Followed: follows), Ct);
    }

    [Fact]
    public async Task Changes_WhenTheCursorIsNotOfThisLog_AreNull()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        var cursor = (await Log.ConversationsAsync("ann", null, 10, Ct)).Cursor;

        Assert.InRange(cursor.Length, 3, 64);
        Assert.NotNull(await Log.ConversationChangesAsync("ann", cursor, 10, Ct));
        foreach (var other in (string[])["", ".", "1", $"x{cursor}", $"{cursor}0000000", $"{cursor}x", $"{cursor.Split('.')[0]}.-1", $"{cursor.Split('.')[0]}.01"])
        {
            Assert.Null(await Log.ConversationChangesAsync("ann", other, 10, Ct));
        }
    }

    [Fact]
    public async Task Changes_WhenThereAreMoreThanTheLimit_AreNull()
    {
        var cursor = (await Log.ConversationsAsync("ann", null, 10, Ct)).Cursor;
        foreach (var room in (string[])["one", "two", "three"])
        {
            await Log.AppendAsync(room, await Log.OwnAsync(room, RoomKind.Group), Join("ann"));
        }

        Assert.Null(await Log.ConversationChangesAsync("ann", cursor, 2, Ct));
        Assert.Equal(3, (await Log.ConversationChangesAsync("ann", cursor, 3, Ct))!.Rows.Count);
    }

    /// <summary>A ban or a mute must not show a stranger that the group exists.</summary>
    [Fact]
    public async Task Changes_WhenAStrangerIsBannedOrMuted_AreEmpty()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("cyd"));
        var (bob, cyd) = (await CursorAsync("bob"), await CursorAsync("cyd"));

        foreach (var kind in (RoomEventKind[])[RoomEventKind.Ban, RoomEventKind.Mute, RoomEventKind.Unban, RoomEventKind.Unmute])
        {
            await Log.AppendAsync("team", claim, Change(kind, "bob"));
            Assert.Empty((await Log.ConversationChangesAsync("bob", bob, 10, Ct))!.Removed);
        }

        await Log.AppendAsync("team", claim, Change(RoomEventKind.Ban, "cyd"));
        Assert.Equal(["team"], (await Log.ConversationChangesAsync("cyd", cyd, 10, Ct))!.Removed);

        async Task<string> CursorAsync(string user) => (await Log.ConversationsAsync(user, null, 10, Ct)).Cursor;
    }

    [Fact]
    public async Task SetConversation_WhenItTurnsNothingOn_StoresNoRow()
    {
        await Log.OwnAsync("lobby");
        var cursor = (await Log.ConversationsAsync("ann", null, 10, Ct)).Cursor;

        var stored = await Log.SetConversationAsync("ann", "lobby", new(Pinned: false, Hidden: false, MutedUntil: 0), Ct);

        Assert.Equal(ConversationStored.Yes, stored);
        Assert.Empty((await Log.ConversationChangesAsync("ann", cursor, 10, Ct))!.Removed);
    }

    /// <summary>
    /// An invited or removed user must not learn from the number of changes that there is activity in a group.
    /// </summary>
    [Fact]
    public async Task Changes_WhenTheUserIsNoMember_DoNotShowActivity()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("cyd"));
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Invite, "bob"));
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Kick, "cyd"));
        var (bob, cyd, dan) = (await CursorAsync("bob"), await CursorAsync("cyd"), await CursorAsync("dan"));

        await Log.AppendAsync("team", claim, Msg("ann", "1"), Title("Plans"));

        if (HasExactCursors)
        {
            Assert.Empty((await Log.ConversationChangesAsync("bob", bob, 10, Ct))!.Rows);
            Assert.Empty((await Log.ConversationChangesAsync("cyd", cyd, 10, Ct))!.Removed);
        }

        Assert.Empty((await Log.ConversationChangesAsync("cyd", cyd, 10, Ct))!.Rows);
        var others = (await Log.ConversationChangesAsync("dan", dan, 10, Ct))!;
        Assert.Empty(others.Rows);
        Assert.Empty(others.Removed);

        async Task<string> CursorAsync(string user) => (await Log.ConversationsAsync(user, null, 10, Ct)).Cursor;
    }

    /// <summary>
    /// Makes random appends, read marks and changes of settings. At random times, the test compares each user's list of
    /// conversations with a list that the test computes itself. The test also compares the list of a client that reads
    /// only the changes since its last cursor.
    /// </summary>
    [Fact]
    public async Task Conversations_WhenHistoriesAreRandom_AreTheirFold()
    {
        const int Histories = 310, Steps = 30;

        await Parallel.ForAsync(0, Histories, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Ct }, async (seed, _) =>
        {
            var history = new RandomHistory(Log, seed);
            if (seed % 30 == 0)
            {
                await history.FillAsync();
            }

            for (var step = 0; step < Steps; step++)
            {
                await history.StepAsync();
                if (history.Next(8) == 0)
                {
                    await history.CheckAsync(HasExactCursors);
                }
            }

            await history.CheckAsync(HasExactCursors);
        });
    }
}
