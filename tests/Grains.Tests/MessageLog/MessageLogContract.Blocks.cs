using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

public abstract partial class MessageLogContract
{
    [Fact]
    public async Task Blocks_WhenChanged_AreListedInOrder()
    {
        foreach (var blocked in (string[])["cyd", "bob", "Bob", "bób", "bob"])
        {
            Assert.True(await Log.BlockAsync("ann", blocked, Ct));
        }

        await Log.BlockAsync("bob", "ann", Ct);
        var all = await Log.BlocksAsync("ann", Ct);
        await Log.UnblockAsync("ann", "bob", Ct);
        await Log.UnblockAsync("ann", "bob", Ct);
        await Log.UnblockAsync("eve", "bob", Ct);

        Assert.Equal(["Bob", "bob", "bób", "cyd"], all);
        Assert.Equal(["Bob", "bób", "cyd"], await Log.BlocksAsync("ann", Ct));
        Assert.Equal(["ann"], await Log.BlocksAsync("bob", Ct));
        Assert.Empty(await Log.BlocksAsync("eve", Ct));
    }

    [Fact]
    public async Task Block_WhenTheUserHasTooMany_IsNotStored()
    {
        foreach (var n in BlockRules.MaxBlocks.To())
        {
            Assert.True(await Log.BlockAsync("ann", $"user-{n}", Ct));
        }

        var (more, again, other) = (await Log.BlockAsync("ann", "more", Ct), await Log.BlockAsync("ann", "user-7", Ct), await Log.BlockAsync("bob", "more", Ct));
        var stored = await Log.BlocksAsync("ann", Ct);
        await Log.UnblockAsync("ann", "user-7", Ct);

        Assert.Equal((false, true, true), (more, again, other));
        Assert.Equal(BlockRules.MaxBlocks, stored.Count);
        Assert.DoesNotContain("more", stored);
        Assert.True(await Log.BlockAsync("ann", "more", Ct));
    }

    [Fact]
    public async Task Blockers_WhenAsked_AreThoseWhoBlockTheUser()
    {
        await Log.BlockAsync("ann", "bob", Ct);
        await Log.BlockAsync("cyd", "bob", Ct);
        await Log.BlockAsync("bob", "dan", Ct);

        Assert.Equal(["ann", "cyd"], (await Log.BlockersAsync("bob", ["cyd", "dan", "ann", "bob"], Ct)).Order(StringComparer.Ordinal));
        Assert.Equal(["cyd"], await Log.BlockersAsync("bob", ["cyd"], Ct));
        Assert.Empty(await Log.BlockersAsync("bob", [], Ct));
        Assert.Empty(await Log.BlockersAsync("ann", ["bob", "cyd"], Ct));
    }

    [Fact]
    public async Task DirectFacts_WhenPeopleSendAndBlock_NameThem()
    {
        var room = RoomKey.Direct("ann", "bob");
        await Log.BlockAsync("bob", "ann", Ct);
        var absent = await FactsAsync();
        await Log.CreateAsync(new RoomCreation(room, RoomKind.Direct, [Msg("ann", "1")]), Ct);
        var claim = (await Log.ClaimAsync(room, Ct))!.Number;
        await Log.AppendAsync(room, claim, Msg("bob", null), Msg("bób", "1"));
        await Log.UnblockAsync("bob", "ann", Ct);
        var one = await FactsAsync();

        await Log.AppendAsync(room, claim, Msg("bob", "2"), Delete("bob", "3", 4));
        await Log.AppendAsync(room, claim, Delete("ann", "4", 1));
        await Log.BlockAsync("ann", "bob", Ct);
        await Log.BlockAsync("ann", "cyd", Ct);
        await Log.BlockAsync("cyd", "bob", Ct);

        Assert.Equal("sent: ; blocks: bob", absent);
        Assert.Equal("sent: ann; blocks: ", one);
        Assert.Equal("sent: ann bob; blocks: ann", await FactsAsync());
        await Log.BlockAsync("bob", "ann", Ct);
        Assert.Equal("sent: ann bob; blocks: ann bob", await FactsAsync());

        async Task<string> FactsAsync()
        {
            var facts = await Log.DirectAsync(room, "bob", "ann", Ct);
            return $"sent: {string.Join(' ', facts.Senders.Order())}; blocks: {string.Join(' ', facts.Blockers.Order())}";
        }
    }

    [Fact]
    public async Task Readers_WhenOnePersonBlocksTheOther_AreHidden()
    {
        var room = RoomKey.Direct("ann", "bob");
        await Log.CreateAsync(new RoomCreation(room, RoomKind.Direct, [Msg("ann", "1"), Msg("bob", "1")]), Ct);
        await Log.MarkAsync([new(room, "bob", 2), new(room, "ann", 2)], Ct);
        await Log.BlockAsync("ann", "cyd", Ct);
        var before = await Log.ReadersAsync(room, 1, 10, Ct);

        await Log.BlockAsync("bob", "ann", Ct);

        Assert.Equal(["bob"], before);
        Assert.Empty((await Log.ReadersAsync(room, 1, 10, Ct))!);
        Assert.Empty((await Log.ReadersAsync(room, 2, 10, Ct))!);
        await Log.UnblockAsync("bob", "ann", Ct);
        Assert.Equal(["ann"], await Log.ReadersAsync(room, 2, 10, Ct));
    }
}
