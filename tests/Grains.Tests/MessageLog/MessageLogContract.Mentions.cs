using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>Mentions, and the counts of what a user has not read.</summary>
public abstract partial class MessageLogContract
{
    [Fact]
    public async Task Mentions_WhenAppended_AreInTheEventsAndCounts()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("bob"), Mention("bob", "1", "ann"), Mention("ann", "2", "bob ann bob"));
        await Log.AppendAsync("team", claim, Mention("bob", "3", "@everyone ann"), Msg("bob", "4"), Mention("ann", "5", "@everyone"));

        Assert.Equal(
            [null, null, "ann", "bob ann bob", "@everyone ann", null, "@everyone"], (await Log.AllAsync("team")).Select(happened => happened.Mentions));
        Assert.Equal(await Log.AllAsync("team"), await Log.ReadAsync("team", new(0, 100, 100_000, FromEnd: true), Ct));
        Assert.Equal(new(3, 2, false), await CountsAsync("ann"));
        Assert.Equal(new(2, 2, false), await CountsAsync("bob"));
        Assert.Equal(new(5, 2, false), await CountsAsync("eve"));
    }

    [Fact]
    public async Task Mentions_WhenInAFirstMessage_AreStored()
    {
        var key = RoomKey.Direct("ann", "bob");
        await Log.CreateAsync(new RoomCreation(key, RoomKind.Direct, [Mention("ann", "1", "bob")]), Ct);

        Assert.Equal("bob", Assert.Single(await Log.AllAsync(key)).Mentions);
        Assert.Equal(new(1, 1, false), await CountsAsync("bob", key));
    }

    /// <summary>
    /// For an append with mentions, PostgreSQL uses another statement if the append also changes members or links.
    /// </summary>
    [Fact]
    public async Task Mentions_WhenTheAppendAlsoHasOtherEvents_AreStored()
    {
        var (team, lobby) = (await Log.OwnAsync("team", RoomKind.Group), await Log.OwnAsync("lobby"));
        await Task.WhenAll(
            Log.AppendAsync("team", team, Join("ann"), Mention("ann", "1", "bob"), Edit("ann", "2", 2, "edited"), Title("Plans", "3"), Leave("ann")),
            Log.AppendAsync("lobby", lobby, Msg("ann", "1"), Mention("ann", "2", "bob"), Delete("ann", "3", 1)));

        Assert.Equal(new(1, 1, false), await CountsAsync("bob"));
        Assert.Equal(new(1, 1, false), await CountsAsync("bob", "lobby"));
        Assert.Equal("bob", (await Log.AllAsync("team"))[1].Mentions);
        Assert.Empty(await Log.MembersAsync("team", Ct));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Mentions_WhenTheMessageIsDeleted_AreErased(bool inOneBatch)
    {
        var claim = await Log.OwnAsync("lobby");
        MessageLogEntry[] entries = [Mention("bob", "1", "ann @everyone"), Mention("bob", "2", "ann"), Edit("bob", "3", 1, "x"), Delete("bob", "4", 1)];
        foreach (var batch in inOneBatch ? [entries] : entries.Select(entry => new[] { entry }))
        {
            await Log.AppendAsync("lobby", claim, batch);
        }

        Assert.Equal([null, "ann", null, null], (await Log.AllAsync("lobby")).Select(happened => happened.Mentions));
        Assert.Equal(new(1, 1, false), await CountsAsync("ann", "lobby"));
        Assert.Equal(new(1, 0, false), await CountsAsync("eve", "lobby"));
    }

    [Fact]
    public async Task Mentions_WhenTheMessageIsEdited_Stay()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Mention("bob", "1", "ann"));
        await Log.AppendAsync("lobby", claim, Edit("bob", "2", 1, "edited"));

        Assert.Equal(("edited", "ann"), ((await Log.AllAsync("lobby"))[0].Text, (await Log.AllAsync("lobby"))[0].Mentions));
        Assert.Equal(new(1, 1, false), await CountsAsync("ann", "lobby"));
    }

    [Fact]
    public async Task Mentions_WhenTheIdRepeats_AreNotStored()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("bob", "1"));
        Assert.True((await Log.AppendAsync("lobby", claim, Mention("bob", "1", "ann"))).Entries[0].Duplicate);

        Assert.Null(Assert.Single(await Log.AllAsync("lobby")).Mentions);
        Assert.Equal(new(1, 0, false), await CountsAsync("ann", "lobby"));
    }

    [Fact]
    public async Task Mentions_WhenTheEventIsNoMessage_AreRefused()
    {
        var claim = await Log.OwnAsync("lobby");

        await Assert.ThrowsAsync<MessageLogEntryException>(
            () => Log.AppendAsync("lobby", claim, Edit("bob", "1", 1, "x") with { Mentions = "ann" }));
        await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync("lobby", claim, Mention("bob", "2", "a\0b")));
    }

    [Theory]
    [InlineData(0, 1000, 500, true)]
    [InlineData(1, 1000, 500, true)]
    [InlineData(2, 1000, 500, false)]
    [InlineData(3, 999, 500, false)]
    [InlineData(1001, 1, 1, false)]
    [InlineData(1002, 0, 0, false)]
    [InlineData(5000, 0, 0, false)]
    public async Task Counts_WhenThereAreMoreThan1000Events_CountTheNewest(long read, long unread, long mentions, bool hasMore)
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        await Log.AppendAsync("team", claim, [.. (UnreadCounts.Window + 1).To().Select(i => i % 2 == 0 ? Msg("bob", $"{i}") : Mention("bob", $"{i}", "ann"))]);
        await Log.MarkAsync([new("team", "ann", read)], Ct);

        // The newest 1,000 events are the events after sequence 2. Of these, the events with an even sequence mention
        // ann.
        Assert.Equal(UnreadCounts.Window + 2, (await Log.AllAsync("team")).Count);
        Assert.Equal(new(unread, mentions, hasMore), await CountsAsync("ann"));
    }

    /// <summary>If no message follows the read mark, the counts are 0, even if many other events follow.</summary>
    [Fact]
    public async Task Counts_WhenNoMessageFollowsTheMark_AreZero()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Msg("bob", "1"));
        await Log.AppendAsync(
            "team", claim, [.. 1100.To().Select(i => new MessageLogEntry("bob", $"r{i}", 7, 1000, RoomEventKind.React, "👍", 2, null, null))]);
        Assert.Equal(new(0, 0, true), await CountsAsync("ann"));

        await Log.MarkAsync([new("team", "ann", 2)], Ct);

        Assert.Equal(default, await CountsAsync("ann"));
    }

    [Fact]
    public async Task Counts_WhenTheUserIsInvited_AreNotListed()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Invite, "bob"));
        await Log.AppendAsync("team", claim, [.. 1100.To().Select(i => Mention("ann", $"{i}", "@everyone"))]);

        Assert.Equal([new ConversationRow("team", RoomKind.Group, 0, 1000, 0, 0, RoomRole.Invited, null)], await Log.ListAsync("bob", null, 10));
    }

    /// <summary>
    /// Returns a user's counts of one room, and asserts that the user's list of conversations has the same counts.
    /// </summary>
    private async Task<UnreadCounts> CountsAsync(string user, string room = "team")
    {
        var counted = (await Log.CountedFactsAsync(room, user, Ct))!;
        Assert.Equal(await Log.FactsAsync(room, user, Ct), counted.Facts);
        foreach (var row in (await Log.ListAsync(user, null, 100)).Where(row => row.Room == room))
        {
            Assert.Equal(counted.Counts, new(row.Unread, row.Mentions, row.UnreadMore));
        }

        return counted.Counts;
    }
}
