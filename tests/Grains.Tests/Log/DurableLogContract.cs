using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;
using static OrleansChat.Grains.Tests.Log.Entries;

namespace OrleansChat.Grains.Tests.Log;

/// <summary>What every log that outlives its process promises besides.</summary>
public abstract class DurableLogContract : MessageLogContract
{
    /// <summary>Runs SQL on the store, past the log.</summary>
    private protected abstract Task ExecuteAsync(string sql);

    /// <summary>The store's way to name a table of the log's.</summary>
    private protected virtual string Table(string name) => name;

    [Fact]
    public async Task Reopen_AfterAClose_FindsEverythingAndGoesOn()
    {
        var claim = await Log.CreateAsync("team", RoomKind.Group, Ct);
        await Log.AppendAsync("team", claim.Number, Join("ann"), Msg("ann", "1", "one", ts: 2000, hash: 5), Msg("ann", "2", "two", ts: 3000));
        await Log.AppendAsync("team", claim.Number, Edit("ann", "3", 2, "uno"), Delete("ann", "4", 3));
        await Log.MarkAsync([new("team", "ann", 2)], Ct);
        var before = await Log.AllAsync("team");

        await CloseAsync();
        var log = await OpenAsync();

        Assert.Equal(before, await log.AllAsync("team"));
        Assert.Equal(new RoomFacts(RoomKind.Group, 5, 2, true, 2, 1), await log.FactsAsync("team", "ann", Ct));
        Assert.Equal(["ann"], await log.MembersAsync("team", Ct));
        var again = await log.ClaimAsync("team", Ct);
        Assert.Equal(new RoomClaim(claim.Number + 1, RoomKind.Group, claim.Epoch, 5, 3000, 2), again);
        var result = await log.AppendAsync("team", again!.Number, Msg("ann", "1", hash: 6), Msg("ann", "5"));
        Assert.Equal([new AppendedEntry(2, 2000, 5, 1, true), new AppendedEntry(6, 1000, 7, 3, false)], result.Entries);
    }

    [Fact]
    public async Task Close_WithAppendsAccepted_CommitsThemFirst()
    {
        var rooms = 50.To().Select(i => $"room-{i}").ToArray();
        var claims = await Task.WhenAll(rooms.Select(room => Log.OwnAsync(room)));

        var appends = rooms.Zip(claims, (room, claim) => Log.AppendAsync(room, claim, Msg("ann", "1"))).ToArray();
        await CloseAsync();

        Assert.All(await Task.WhenAll(appends), result => Assert.Equal([1], result.Seqs()));
        var log = await OpenAsync();
        Assert.All(await log.HeadsAsync(rooms, Ct), head => Assert.Equal(1, head.Seq));
    }

    [Fact]
    public async Task Use_AfterAClose_IsUnavailable()
    {
        var claim = await Log.OwnAsync("lobby");
        var log = Log;
        await CloseAsync();

        await Assert.ThrowsAsync<LogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1")));
        await Assert.ThrowsAsync<LogUnavailableException>(() => log.ClaimAsync("lobby", Ct));
        await Assert.ThrowsAsync<LogUnavailableException>(() => log.AllAsync("lobby"));
    }

    [Fact]
    public async Task Open_OfANewerSchema_IsRefusedAndSaysWhatToDo()
    {
        await CloseAsync();
        await ExecuteAsync($"update {Table("schema_version")} set version = 999");

        var refused = await Assert.ThrowsAsync<LogSchemaException>(() => OpenAsync());

        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
        Assert.Contains("newer version of OrleansChat", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_OfTablesThatLackAColumn_IsRefused()
    {
        await CloseAsync();
        await ExecuteAsync($"alter table {Table("events")} rename column hash to gone");

        var refused = await Assert.ThrowsAsync<LogSchemaException>(() => OpenAsync());

        Assert.Contains("hash", refused.Message, StringComparison.Ordinal);
    }
}
