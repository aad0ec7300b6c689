using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>Additional tests for the logs that keep their data when the process ends: SQLite and PostgreSQL.</summary>
public abstract class DurableLogContract : MessageLogContract
{
    /// <summary>Runs SQL directly on the store.</summary>
    private protected abstract Task ExecuteAsync(string sql);

    /// <summary>Blocks writes but not reads, until the result is disposed of.</summary>
    private protected abstract Task<IAsyncDisposable> HoldWritesAsync();

    /// <summary>Runs a query directly on the store, and returns its first value.</summary>
    private protected abstract Task<long> NumberAsync(string sql);

    /// <summary>Version 0.1.0 opens the store if no number in <c>schema_version</c> is higher than this.</summary>
    private protected abstract long OldVersion { get; }

    /// <summary>
    /// The schema version that a program must know if the log may have events of <see cref="LogVersion.Rights"/>.
    /// </summary>
    private protected abstract long RightsVersion { get; }

    /// <summary>The newest schema version without roles, mutes and bans.</summary>
    private protected abstract long VersionBeforeRights { get; }

    /// <summary>
    /// Removes the tables and columns that were added with roles, mutes and bans, or later. Afterwards, the store looks
    /// as if an old program had written it. The log must be closed before the call.
    /// </summary>
    /// <param name="hasMinVersion">
    /// False for version 0.1.0, which does not know <c>min_version</c>. True for a later version that knows
    /// <c>min_version</c>, but not roles, mutes and bans.
    /// </param>
    private protected async Task DowngradeAsync(bool hasMinVersion = false)
    {
        foreach (var column in (string[])["role", "muted", "banned"])
        {
            await ExecuteAsync($"alter table {Table("members")} drop column {column}");
        }

        foreach (var column in (string[])["title", "settings"])
        {
            await ExecuteAsync($"alter table {Table("rooms")} drop column {column}");
        }

        foreach (var table in (string[])["rooms", "members", "marks"])
        {
            await ExecuteAsync($"alter table {Table(table)} drop column changed");
        }

        foreach (var table in (string[])["links", "conversations", "log_identity", "mentions", "pins", "blocks", "reports"])
        {
            await ExecuteAsync($"drop table {Table(table)}");
        }

        await ExecuteAsync($"drop index {Table("events_replies")}");
        await ExecuteAsync($"drop index {Table("events_changes")}");
        await ExecuteAsync($"alter table {Table("events")} drop column mentions");
        await ExecuteAsync($"update {Table("schema_version")} set version = {OldVersion}");
        await ExecuteAsync(hasMinVersion
            ? $"update {Table("schema_compatibility")} set version = {VersionBeforeRights}, min_version = {OldVersion}"
            : $"drop table {Table("schema_compatibility")}");
    }

    private async Task<(long Announced, long MinVersion)> NumbersAsync() =>
        (await NumberAsync($"select max(version) from {Table("schema_version")}"), await NumberAsync($"select max(min_version) from {Table("schema_compatibility")}"));

    /// <summary>Returns the name that a table of the log has in the SQL of this store.</summary>
    private protected virtual string Table(string name) => name;

    [Fact]
    public async Task Open_WhenTheLogWasClosed_FindsEverything()
    {
        var claim = await Log.CreateAsync("team", RoomKind.Group, Ct);
        await Log.AppendAsync("team", claim.Number, Join("ann"), Msg("ann", "1", "one", ts: 2000, hash: 5), Msg("ann", "2", "two", ts: 3000));
        await Log.AppendAsync("team", claim.Number, Edit("ann", "3", 2, "uno"), Delete("ann", "4", 3));
        await Log.MarkAsync([new("team", "ann", 2)], Ct);
        var before = await Log.AllAsync("team");

        await CloseAsync();
        var log = await OpenAsync();

        Assert.Equal(before, await log.AllAsync("team"));
        Assert.Equal(new RoomFacts(RoomKind.Group, 5, 2, RoomRole.Owner, 2), await log.FactsAsync("team", "ann", Ct));
        Assert.Equal(["ann"], (await log.MembersAsync("team", Ct)).Select(member => member.User));
        var again = await log.ClaimAsync("team", Ct);
        Assert.Equal(new RoomClaim(claim.Number + 1, RoomKind.Group, claim.Epoch, 5, 3000, 2), again);
        var result = await log.AppendAsync("team", again!.Number, Msg("ann", "1", hash: 6), Msg("ann", "5"));
        Assert.Equal([new AppendedEntry(2, 2000, 5, 1, true), new AppendedEntry(6, 1000, 7, 3, false)], result.Entries);
    }

    [Fact]
    public async Task Mentions_WhenTheMessageIsDeleted_LeaveNoRows()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Mention("ann", "1", "bob @everyone eve bob"), Mention("ann", "2", "bob"));
        Assert.Equal(4, await NumberAsync($"select count(*) from {Table("mentions")}"));

        await Log.AppendAsync("lobby", claim, Delete("ann", "3", 1));

        Assert.Equal(1, await NumberAsync($"select count(*) from {Table("mentions")}"));
        Assert.Equal(1, await NumberAsync($"select count(mentions) from {Table("events")}"));
    }

    /// <summary>Version 0.1.0 does not erase the mentions of a message that it deletes.</summary>
    [Fact]
    public async Task Mentions_WhenVersion010DeletedTheMessage_AreHidden()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Mention("ann", "1", "bob"));
        await ExecuteAsync($"update {Table("events")} set text = null, hash = 0, deleted = {(Table("").Length > 0 ? "true" : "1")}");

        Assert.Null(Assert.Single(await Log.AllAsync("lobby")).Mentions);
        Assert.Null(Assert.Single(await Log.ReadAsync("lobby", new(0, 10, 1000, FromEnd: true), Ct)).Mentions);
        Assert.Equal(default, (await Log.CountedFactsAsync("lobby", "bob", Ct))!.Counts with { HasMore = false });
    }

    [Fact]
    public async Task Close_WhenAppendsWait_CommitsThemFirst()
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
    public async Task Call_WhenTheLogIsClosed_IsUnavailable()
    {
        var claim = await Log.OwnAsync("lobby");
        var log = Log;
        await CloseAsync();

        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1")));
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.ClaimAsync("lobby", Ct));
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.AllAsync("lobby"));
    }

    [Fact]
    public async Task Open_WhenTheSchemaIsNewer_IsRefused()
    {
        await CloseAsync();
        await ExecuteAsync($"update {Table("schema_version")} set version = 999");

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync());

        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
        Assert.Contains("newer version of OrleansChat", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenTheNewerSchemaIsCompatible_Succeeds()
    {
        await CloseAsync();
        await ExecuteAsync($"update {Table("schema_compatibility")} set version = 999");

        var log = await OpenAsync();

        Assert.Equal(1, await log.OwnAsync("lobby"));
    }

    [Fact]
    public async Task Open_WhenTheSchemaNeedsANewerProgram_IsRefused()
    {
        await CloseAsync();
        await ExecuteAsync($"update {Table("schema_compatibility")} set version = 1000, min_version = 999");

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync());

        Assert.Contains("Only programs that know schema version 999 can use it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenDeletedMessagesStillHaveHashes_RemovesTheHashes()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"), Edit("ann", "2", 1, "edited"), Msg("ann", "3", hash: 9), Delete("ann", "4", 1));
        await CloseAsync();
        await ExecuteAsync($"update {Table("events")} set hash = 77 where hash = {MessageLogEntry.AnyHash}");
        await DowngradeAsync();

        var log = await OpenAsync();

        Assert.Equal(MessageLogEntry.AnyHash, (await log.FindAsync("lobby", "ann", "1", Ct))!.Value.Hash);
        Assert.Equal(MessageLogEntry.AnyHash, (await log.FindAsync("lobby", "ann", "2", Ct))!.Value.Hash);
        Assert.Equal(9, (await log.FindAsync("lobby", "ann", "3", Ct))!.Value.Hash);
    }

    [Fact]
    public async Task Open_WhenVersion010MadeTheLog_KeepsItsMembersAsMembers()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("bob"), Msg("ann", "1"));
        var direct = RoomKey.Direct("ann", "bob");
        await Log.CreateAsync(new RoomCreation(direct, RoomKind.Direct, [Msg("ann", "1")]), Ct);
        var events = await Log.AllAsync("team");
        await CloseAsync();
        await DowngradeAsync();

        var log = await OpenAsync();

        Assert.Equal(events, await log.AllAsync("team"));
        Assert.Equal([new("ann", RoomRole.Member), new Member("bob", RoomRole.Member)], await log.MembersAsync("team", Ct));
        Assert.Equal([new("ann", RoomRole.Member), new Member("bob", RoomRole.Member)], await log.MembersAsync(direct, Ct));
        var again = (await log.ClaimAsync("team", Ct))!;
        Assert.Null(again.Title);
        await log.AppendAsync("team", again.Number, Change(RoomEventKind.Role, "bob", RoomRole.Owner));
        Assert.Equal(RoomRole.Owner, (await log.FactsAsync("team", "bob", Ct))!.Role);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Version_WhenAnOldLogIsMigrated_AllowsRightsOnceRaised(bool hasMinVersion)
    {
        await CloseAsync();
        await DowngradeAsync(hasMinVersion);
        var log = await OpenAsync();

        // The migration has not raised the log's version. So two old programs can still open the log: 0.1.0, and the
        // later one that knows min_version but not roles, mutes and bans.
        Assert.Equal(LogVersion.First, await log.VersionAsync(Ct));
        Assert.Equal((OldVersion, OldVersion), await NumbersAsync());

        await log.RaiseVersionAsync(LogVersion.First, Ct);
        Assert.Equal((OldVersion, OldVersion), await NumbersAsync());

        await log.RaiseVersionAsync(LogVersion.Rights, Ct);
        await log.RaiseVersionAsync(LogVersion.Rights, Ct);
        await log.RaiseVersionAsync(LogVersion.First, Ct);
        Assert.Equal(LogVersion.Rights, await log.VersionAsync(Ct));
        Assert.Equal((RightsVersion, RightsVersion), await NumbersAsync());

        await CloseAsync();
        Assert.Equal(LogVersion.Rights, await (await OpenAsync()).VersionAsync(Ct));
    }

    [Fact]
    public async Task Version_WhenTheLogIsNew_KeepsOlderProgramsOut() => Assert.Equal((RightsVersion, RightsVersion), await NumbersAsync());

    [Fact]
    public async Task RaiseVersion_WhenANewerProgramRaisedIt_LowersNothing()
    {
        await ExecuteAsync($"update {Table("schema_compatibility")} set min_version = 999");
        await ExecuteAsync($"update {Table("schema_version")} set version = 999");

        await Log.RaiseVersionAsync(LogVersion.Rights, Ct);

        Assert.Equal(LogVersion.Rights, await Log.VersionAsync(Ct));
        Assert.Equal((999, 999), await NumbersAsync());
    }

    [Fact]
    public async Task RaiseVersion_WhenTheVersionIsUnknown_IsRefused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Log.RaiseVersionAsync(LogVersion.Known + 1, Ct));

        Assert.Equal((RightsVersion, RightsVersion), await NumbersAsync());
    }

    [Fact]
    public async Task SetConversation_WhenTooManyRoomsHaveSettings_IsRefused()
    {
        await Log.AppendAsync("team", await Log.OwnAsync("team", RoomKind.Group), Join("ann"));
        await ExecuteAsync(
            $"""
            with recursive n(i) as (select 1 union all select i + 1 from n where i < {ConversationRules.MaxSettings})
            insert into {Table("conversations")}(usr, room, muted) select 'ann', 'room-' || i, 5 from n
            """);

        Assert.Equal(ConversationStored.TooManySettings, await Log.SetConversationAsync("ann", "team", new(Archived: true), Ct));
        Assert.Equal(ConversationStored.Yes, await Log.SetConversationAsync("ann", "team", new(Archived: false), Ct));
        await ExecuteAsync($"update {Table("conversations")} set muted = 0 where room = 'room-1'");
        Assert.Equal(ConversationStored.Yes, await Log.SetConversationAsync("ann", "team", new(Archived: true), Ct));
    }

    [Fact]
    public async Task Changes_WhenTheLogIsOpenedAgain_ContinueAfterTheCursor()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        var cursor = (await Log.ConversationsAsync("ann", null, 10, Ct)).Cursor;
        await CloseAsync();

        var log = await OpenAsync();
        Assert.NotNull(await log.ConversationChangesAsync("ann", cursor, 10, Ct));
        await log.AppendAsync("team", claim, Msg("ann", "1"));

        Assert.Equal(2, Assert.Single((await log.ConversationChangesAsync("ann", cursor, 10, Ct))!.Rows).Seq);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Probe_WhenNothingCanBeWritten_SucceedsOnlyAfterACommit(bool committed)
    {
        var opened = await OpenStoreAsync(TimeProvider.System, [("MessageLog:CallTimeout", "00:00:02")]);
        if (committed)
        {
            await opened.Log.AppendAsync("lobby", await opened.Log.OwnAsync("lobby"), Msg("ann", "1"));
        }

        await using var hold = await HoldWritesAsync();
        if (committed)
        {
            await opened.Store.ProbeAsync(Ct);
        }
        else
        {
            await Assert.ThrowsAsync<MessageLogUnavailableException>(() => opened.Store.ProbeAsync(Ct));
        }
    }

    [Fact]
    public async Task Open_WhenAColumnIsMissing_IsRefused()
    {
        await CloseAsync();
        await ExecuteAsync($"alter table {Table("events")} rename column hash to gone");

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync());

        Assert.Contains("hash", refused.Message, StringComparison.Ordinal);
    }
}
