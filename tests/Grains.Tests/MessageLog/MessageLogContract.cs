using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// The promises of every message log. The test class of each store inherits these tests, and adds tests that apply only
/// to its store.
/// </summary>
public abstract partial class MessageLogContract : IAsyncLifetime
{
    private readonly List<OpenLog> _open = [];
    private IReadOnlyDictionary<string, string?> _settings = new Dictionary<string, string?>();

    private protected IMessageLog Log { get; private set; } = null!;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Creates an empty store for one test, and returns the settings that select it.</summary>
    private protected abstract Task<Dictionary<string, string?>> NewStoreAsync();

    /// <summary>
    /// Opens a second log on the same store, like another silo. If the store allows only one log, returns
    /// <see cref="Log"/>.
    /// </summary>
    private protected virtual Task<IMessageLog> SecondAsync() => OpenAsync();

    public async ValueTask InitializeAsync()
    {
        _settings = await NewStoreAsync();
        Log = await OpenAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<IMessageLog> OpenAsync(params IEnumerable<(string Setting, string Value)> others) =>
        (await OpenStoreAsync(TimeProvider.System, others)).Log;

    private protected async Task<OpenLog> OpenStoreAsync(TimeProvider time, IEnumerable<(string Setting, string Value)> others)
    {
        var settings = new Dictionary<string, string?>(_settings);
        foreach (var (setting, value) in others)
        {
            settings[setting] = value;
        }

        var opened = await OpenLog.StartAsync(time, settings);
        _open.Add(opened);
        return opened;
    }

    private protected async Task CloseAsync()
    {
        foreach (var open in _open)
        {
            await open.DisposeAsync();
        }

        _open.Clear();
    }

    [Fact]
    public async Task MessageLog_WhenTheRoomDoesNotExist_ReturnsNothing()
    {
        Assert.Null(await Log.ClaimAsync("nowhere", Ct));
        Assert.Null(await Log.FactsAsync("nowhere", "ann", Ct));
        Assert.Null(await Log.CountedFactsAsync("nowhere", "ann", Ct));
        Assert.Empty(await Log.ReadAsync("nowhere", 0, 10, Ct));
        Assert.Empty(await Log.MembersAsync("nowhere", Ct));
        Assert.Empty(await Log.HeadsAsync(["nowhere"], Ct));
        Assert.True((await Log.AppendAsync("nowhere", 1, Msg("ann", "1"))).Fenced);
    }

    [Fact]
    public async Task Create_WhenTheRoomExists_KeepsItsKindAndEpoch()
    {
        var first = await Log.CreateAsync("lobby", RoomKind.Group, Ct);
        await Log.AppendAsync("lobby", first.Number, Msg("ann", "1", ts: 50), Join("ann") with { Ts = 60 });

        var second = await Log.CreateAsync("lobby", RoomKind.Channel, Ct);
        var third = await Log.ClaimAsync("lobby", Ct);

        Assert.NotEmpty(first.Epoch);
        Assert.Equal(new RoomClaim(first.Number, RoomKind.Group, first.Epoch, 0, 0, 0), first);
        Assert.Equal(new RoomClaim(first.Number + 1, RoomKind.Group, first.Epoch, 2, 60, 1), second);
        Assert.Equal(second with { Number = first.Number + 2 }, third);
        Assert.NotEqual(first.Epoch, (await Log.CreateAsync("other", RoomKind.Group, Ct)).Epoch);
    }

    [Fact]
    public async Task Create_WhenTheRoomIsDirect_StoresItsUsersAndFirstEntries()
    {
        var room = RoomKey.Direct("bob", "ann");

        var created = await Log.CreateAsync(new RoomCreation(room, RoomKind.Direct, [Msg("ann", "1", "hello"), Msg("bob", "1", "hi")]), Ct);

        Assert.Equal((0, 0), (created.Claim.Seq, created.Claim.Messages));
        Assert.Equal([1, 2], created.Entries.Select(entry => entry.Seq));
        Assert.Equal(["ann", "bob"], (await Log.MembersAsync(room, Ct)).Select(member => member.User));
        Assert.Equal(["hello", "hi"], (await Log.AllAsync(room)).Select(happened => happened.Text));
        Assert.Equal([3], (await Log.AppendAsync(room, created.Claim.Number, Msg("ann", "2"))).Seqs());
    }

    [Fact]
    public async Task Create_WhenRepeated_AppendsNothingTwice()
    {
        var room = RoomKey.Direct("ann", "ann");
        var first = await Log.CreateAsync(new RoomCreation(room, RoomKind.Direct, [Msg("ann", "1")]), Ct);

        var again = await Log.CreateAsync(new RoomCreation(room, RoomKind.Direct, [Msg("ann", "1"), Msg("ann", "2")]), Ct);

        Assert.Equal([(1L, true), (2L, false)], again.Entries.Select(entry => (entry.Seq, entry.Duplicate)));
        Assert.Equal((first.Claim.Number + 1, first.Claim.Epoch, 1L), (again.Claim.Number, again.Claim.Epoch, again.Claim.Seq));
        Assert.Equal(["ann"], (await Log.MembersAsync(room, Ct)).Select(member => member.User));
        Assert.True((await Log.AppendAsync(room, first.Claim.Number, Msg("ann", "3"))).Fenced);
    }

    [Fact]
    public async Task Create_WhenTheSilosClockIsBehind_KeepsTimestampsInOrder()
    {
        await Log.CreateAsync(new RoomCreation("lobby", RoomKind.Channel, [Msg("ann", "1", ts: 2000)]), Ct);

        var late = await Log.CreateAsync(new RoomCreation("lobby", RoomKind.Channel, [Msg("bob", "1", ts: 1000)]), Ct);

        Assert.Equal(2000, late.Entries[0].Ts);
        Assert.Equal([2000, 2000], (await Log.AllAsync("lobby")).Select(happened => happened.Ts));
    }

    [Fact]
    public async Task Create_WhenManyRoomsAreCreatedAtOnce_GivesEachItsOwnEntries()
    {
        var rooms = 50.To().Select(n => RoomKey.Direct($"ann-{n}", "bob")).ToArray();

        var created = await Task.WhenAll(
            rooms.Select((room, n) => Log.CreateAsync(new RoomCreation(room, RoomKind.Direct, n % 2 == 0 ? [Msg("bob", "1", room)] : []), Ct)));

        Assert.Equal(rooms.Length, created.Select(one => one.Claim.Epoch).Distinct().Count());
        for (var n = 0; n < rooms.Length; n++)
        {
            string?[] expected = n % 2 == 0 ? [rooms[n]] : [];
            Assert.Equal(expected, (await Log.AllAsync(rooms[n])).Select(happened => happened.Text));
        }
    }

    [Fact]
    public async Task Find_WhenTheMessageIsDeleted_ReturnsItsFirstAppend()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", hash: 5), Msg("ann", "2"), Delete("ann", "3", 1));

        Assert.Equal(new AppendedEntry(1, 1000, MessageLogEntry.AnyHash, 1, Duplicate: true), await Log.FindAsync("lobby", "ann", "1", Ct));
        Assert.Equal(new AppendedEntry(3, 1000, 7, 2, Duplicate: true), await Log.FindAsync("lobby", "ann", "3", Ct));
        Assert.Null(await Log.FindAsync("lobby", "ann", "4", Ct));
        Assert.Null(await Log.FindAsync("lobby", "bob", "1", Ct));
        Assert.Null(await Log.FindAsync("other", "ann", "1", Ct));
    }

    [Fact]
    public async Task Delete_WhenTheMessageWasEdited_RemovesAllItsHashes()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", hash: 5), Edit("ann", "2", 1, "edited"), Msg("ann", "kept", hash: 9));

        await Log.AppendAsync("lobby", claim, Delete("ann", "3", 1));
        var late = await Log.AppendAsync("lobby", claim, Edit("ann", "late", 1, "late"));

        Assert.Equal(5, Assert.Single(late.Seqs()));
        foreach (var id in (string[])["1", "2", "late"])
        {
            Assert.Equal(MessageLogEntry.AnyHash, (await Log.FindAsync("lobby", "ann", id, Ct))!.Value.Hash);
        }

        Assert.Equal(9, (await Log.FindAsync("lobby", "ann", "kept", Ct))!.Value.Hash);
        Assert.Equal([null, null, "text", null, null], (await Log.AllAsync("lobby")).Select(e => e.Text));
    }

    [Fact]
    public async Task Append_WhenTheTextHasSpecialCharacters_KeepsItUnchanged()
    {
        var claim = await Log.OwnAsync("lobby");
        MessageLogEntry[] entries =
        [
            Msg("ann", "a'b\"c\\{},NULL", "line\nbreak, 'quotes', {braces}, \u0001, é, 語, 👩‍👩‍👧", ts: 1),
            Msg("Änn", "NULL", "", ts: 2) with { Meta = """{"a":[1,"x"]}""", Reply = 1 },
            Msg("ann", "long", new string('ж', 8000), ts: 3, hash: long.MinValue),
            new("bob", "r", -1, 4, RoomEventKind.React, "👍", 1, null, null),
            new("bob", "u", 0, 5, RoomEventKind.Unreact, "👍", 1, null, null),
        ];

        var result = await Log.AppendAsync("lobby", claim, entries);

        Assert.Equal(5.To(), result.Seqs());
        Assert.Equal([1L, 2, 3, 3, 3], result.Entries.Select(entry => entry.Messages));
        Assert.Equal(
            entries.Select((e, i) => new RoomEvent(i + 1, e.Ts, e.User, e.Kind, e.Text, e.Ref, e.Reply, e.Meta, e.ClientId, false, Math.Min(i + 1, 3))),
            await Log.AllAsync("lobby"));
    }

    [Fact]
    public async Task Append_WhenManyOwnersAppendAtOnce_GivesEachRoomDenseSequences()
    {
        const int Rooms = 25, Appends = 40;
        await Task.WhenAll(Rooms.To().Select(room => Task.Run(async () =>
        {
            var name = $"room-{room}";
            var claim = await Log.OwnAsync(name);
            var (head, random) = (0L, new Random((int)room));
            for (var i = 0; i < Appends; i++)
            {
                var entries = random.Next(1, 6).To().Select(n => Msg($"user-{n % 2}", $"{i}-{n}", $"{i}-{n}")).ToArray();
                var result = await Log.AppendAsync(name, claim, entries);
                Assert.Equal(entries.Length.To(head + 1), result.Seqs());
                head += entries.Length;
            }

            var events = await Log.AllAsync(name);
            Assert.Equal(((int)head).To(), events.Select(e => e.Seq));
            Assert.Equal(head, events.Select(e => e.Text).Distinct().Count());
            Assert.Equal(((int)head).To(), events.Select(e => e.Messages));
        })));
    }

    [Fact]
    public async Task Append_WhenTheClaimIsNotCurrent_CommitsNothing()
    {
        var old = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", old, Msg("ann", "1"));
        var current = (await Log.ClaimAsync("lobby", Ct))!;

        var late = await Log.AppendAsync("lobby", old, Msg("ann", "2"), Join("ann"));
        var invented = await Log.AppendAsync("lobby", current.Number + 1, Msg("ann", "3"));

        Assert.True(late.Fenced);
        Assert.Empty(late.Entries);
        Assert.True(invented.Fenced);
        Assert.Equal([2], (await Log.AppendAsync("lobby", current.Number, Msg("ann", "4"))).Seqs());
        Assert.Equal(["1", "4"], (await Log.AllAsync("lobby")).Select(e => e.ClientId));
    }

    [Fact]
    public async Task Append_WhenOneRoomIsFenced_SucceedsForTheOtherRooms()
    {
        var claims = new Dictionary<string, long>();
        for (var i = 0; i < 50; i++)
        {
            claims[$"room-{i}"] = await Log.OwnAsync($"room-{i}");
        }

        await Log.ClaimAsync("room-7", Ct);
        await Log.ClaimAsync("room-33", Ct);

        var results = await Task.WhenAll(claims.Select(async room => (room.Key, await Log.AppendAsync(room.Key, room.Value, Msg("ann", "1")))));

        Assert.Equal(["room-33", "room-7"], results.Where(r => r.Item2.Fenced).Select(r => r.Key).Order(StringComparer.Ordinal));
        Assert.All(results.Where(r => !r.Item2.Fenced), r => Assert.Equal([1], r.Item2.Seqs()));
        Assert.Empty(await Log.AllAsync("room-7"));
    }

    [Fact]
    public async Task Append_WhenTwoOwnersCompete_KeepsTheLogDenseAndAnswersRight()
    {
        const int Wanted = 60;
        await Log.OwnAsync("lobby");
        IMessageLog[] silos = [Log, await SecondAsync()];

        var answered = await Task.WhenAll(silos.Select((log, silo) => Task.Run(async () =>
        {
            var mine = new Dictionary<string, long>();
            var random = new Random(silo);
            while (mine.Count < Wanted)
            {
                var claim = (await log.ClaimAsync("lobby", Ct))!;
                for (var fenced = false; !fenced && mine.Count < Wanted;)
                {
                    // If a batch is fenced, the next round sends the same client ids again, under a new claim.
                    var batch = random.Next(1, 4).To(mine.Count).Select(n => Msg($"silo-{silo}", $"{n}", $"{n}")).ToArray();
                    var result = await log.AppendAsync("lobby", claim.Number, batch);
                    fenced = result.Fenced;
                    foreach (var (entry, appended) in batch.Zip(result.Entries))
                    {
                        Assert.False(appended.Duplicate);
                        mine.Add(entry.ClientId!, appended.Seq);
                    }

                    if (random.Next(4) == 0)
                    {
                        break;
                    }
                }
            }

            return mine;
        })));

        var events = await Log.AllAsync("lobby");
        Assert.Equal(events.Count.To(), events.Select(e => e.Seq));
        Assert.Equal(answered.Sum(mine => mine.Count), events.Count);
        Assert.All(events, e => Assert.Equal(e.Seq, answered[e.From[^1] - '0'][e.ClientId!]));
    }

    [Fact]
    public async Task Append_WhenTheClientIdRepeats_ReturnsTheFirstEntry()
    {
        var claim = await Log.OwnAsync("lobby");
        var first = (await Log.AppendAsync("lobby", claim, Msg("ann", "1", "first", ts: 5, hash: 11), Msg("ann", "2", "second", ts: 6, hash: 22))).Entries;

        var again = await Log.AppendAsync("lobby", claim, Msg("ann", "2", "another", ts: 9, hash: 33), Msg("ann", "1", "first", ts: 9, hash: 11));

        Assert.Equal([first[1] with { Duplicate = true }, first[0] with { Duplicate = true }], again.Entries);
        Assert.Equal(22, again.Entries[0].Hash);
        Assert.Equal(["first", "second"], (await Log.AllAsync("lobby")).Select(e => e.Text));
        Assert.Equal(6, (await Log.ClaimAsync("lobby", Ct))!.Ts);
    }

    [Fact]
    public async Task Append_WhenOneIdOfTheBatchRepeats_GivesTheOthersDenseSequences()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "old", ts: 3));

        var mixed = await Log.AppendAsync("lobby", claim, Msg("bob", "a", ts: 4), Msg("ann", "old", ts: 5), Msg("bob", "b", ts: 6), Msg("cyd", "a", ts: 7));

        Assert.Equal([2, 1, 3, 4], mixed.Seqs());
        Assert.Equal([false, true, false, false], mixed.Entries.Select(e => e.Duplicate));
        Assert.Equal([2L, 1, 3, 4], mixed.Entries.Select(e => e.Messages));
        Assert.Equal([4L, 3, 6, 7], mixed.Entries.Select(e => e.Ts));
        Assert.Equal([5], (await Log.AppendAsync("lobby", claim, Msg("bob", "c"))).Seqs());
    }

    [Fact]
    public async Task Append_WhenAnotherUserOrRoomHasTheId_StoresANewEvent()
    {
        var lobby = await Log.OwnAsync("lobby");
        var attic = await Log.OwnAsync("attic");

        Assert.Equal([1, 2, 3, 4], (await Log.AppendAsync("lobby", lobby, Msg("ann", "x"), Msg("bob", "x"), Msg("ANN", "x"), Msg("ann", "X"))).Seqs());
        var both = await Task.WhenAll(Log.AppendAsync("lobby", lobby, Msg("ann", "x")), Log.AppendAsync("attic", attic, Msg("ann", "x")));

        Assert.True(both[0].Entries[0].Duplicate);
        Assert.False(both[1].Entries[0].Duplicate);
    }

    [Fact]
    public async Task Append_WhenEventsHaveNoClientId_NeverFindsDuplicates()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);

        Assert.Equal(3.To(), (await Log.AppendAsync("team", claim, Join("ann"), Leave("ann"), Join("ann"))).Seqs());
        Assert.Equal([4], (await Log.AppendAsync("team", claim, Join("ann"))).Seqs());
    }

    [Theory]
    [InlineData(0), InlineData(0xD83D), InlineData(0xDC4D)]
    public async Task Append_WhenATextCannotBeStored_FailsAlone(int unit)
    {
        var text = $"👍 and {(char)unit}";
        var lobby = await Log.OwnAsync("lobby");
        var others = await Task.WhenAll(20.To().Select(i => Log.OwnAsync($"room-{i}")));

        var bad = Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync("lobby", lobby, Msg("ann", "1"), Msg("ann", "2", text)));
        var good = await Task.WhenAll(others.Select((claim, i) => Log.AppendAsync($"room-{i + 1}", claim, Msg("ann", "1"))));
        await bad;

        Assert.All(good, result => Assert.Equal([1], result.Seqs()));
        Assert.Equal([1], (await Log.AppendAsync("lobby", lobby, Msg("ann", "1"))).Seqs());
    }

    [Fact]
    public async Task Append_WhenABatchRepeatsAnId_IsRefused()
    {
        var claim = await Log.OwnAsync("lobby");

        await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "1")));
        await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync("lobby", claim));
        Assert.Equal([1], (await Log.AppendAsync("lobby", claim, Msg("ann", "1"))).Seqs());
    }

    [Fact]
    public async Task Read_WhenAppendsRun_ReturnsDenseSequences()
    {
        const int Appends = 150;
        var claim = await Log.OwnAsync("lobby");
        var other = await SecondAsync();
        var written = Task.Run(async () =>
        {
            for (var i = 0; i < Appends; i++)
            {
                await Log.AppendAsync("lobby", claim, Msg("ann", $"{i}-a"), Msg("ann", $"{i}-b"), Msg("ann", $"{i}-c"));
            }
        }, Ct);

        foreach (var log in (IMessageLog[])[Log, other])
        {
            var seen = 0L;
            while (seen < 3 * Appends)
            {
                var head = (await log.HeadsAsync(["lobby"], Ct)).Single().Seq;
                var page = await log.ReadAsync("lobby", seen, 50, Ct);
                Assert.Equal(page.Count.To(seen + 1), page.Select(e => e.Seq));
                seen += page.Count;
                Assert.True(page.Count == 50 || seen >= head, $"The head was {head}, but a later read ended at {seen}.");
                // Each commit has three events, so a page that is not full ends with a whole commit.
                Assert.Equal(0, page.Count == 50 ? 0 : seen % 3);
                if (page.Count == 0 && written.IsFaulted)
                {
                    await written;
                }
            }
        }

        await written;
    }

    [Fact]
    public async Task Read_WhenASequenceIsGiven_ReturnsTheNextEventsUpToTheLimit()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, [.. 10.To().Select(i => Msg("ann", $"{i}"))]);

        Assert.Equal([4, 5, 6], (await Log.ReadAsync("lobby", 3, 3, Ct)).Select(e => e.Seq));
        Assert.Equal([9, 10], (await Log.ReadAsync("lobby", 8, 5, Ct)).Select(e => e.Seq));
        Assert.Empty(await Log.ReadAsync("lobby", 10, 5, Ct));
        Assert.Empty(await Log.ReadAsync("lobby", 99, 5, Ct));
    }

    [Theory]
    [InlineData(0, 10, 3_000, false, new long[] { 1, 2, 3 })]
    [InlineData(0, 10, 3_001, true, new long[] { 8, 9, 10 })]
    [InlineData(2, 5, 1, false, new long[] { 3 })]
    [InlineData(2, 5, 1, true, new long[] { 7 })]
    [InlineData(2, 5, 100_000, true, new long[] { 3, 4, 5, 6, 7 })]
    [InlineData(8, 5, 100_000, true, new long[] { 9, 10 })]
    [InlineData(99, 5, 100_000, true, new long[0])]
    public async Task Read_WhenTheRangeIsTooLarge_KeepsTheRequestedEnd(long after, int limit, int bytes, bool fromEnd, long[] seqs)
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, [.. 10.To().Select(i => Msg("ann", $"{i}", new string('x', 1000)) with { Meta = $$"""{"é":"{{new string('m', 200)}}"}""" })]);

        var events = await Log.ReadAsync("lobby", new MessageLogRange(after, limit, bytes, fromEnd), Ct);

        Assert.Equal(seqs, events.Select(e => e.Seq));
        Assert.True(events.Take(events.Count - 1).Sum(EventBytes.Count) < bytes || events.Count == 0);
    }

    [Fact]
    public async Task Heads_WhenAskedForThousandsOfRooms_ReturnsThoseThatExist()
    {
        for (var i = 0; i < 20; i++)
        {
            var claim = await Log.OwnAsync($"room-{i}");
            await Log.AppendAsync($"room-{i}", claim, [.. (i + 1).To().Select(n => Msg("ann", $"{n}"))]);
        }

        await Log.ClaimAsync("room-3", Ct);

        var heads = await Log.HeadsAsync([.. 5000.To(0).Select(i => $"room-{i}")], Ct);

        Assert.Equal(20, heads.Count);
        Assert.Equal(
            20.To(0).Select(i => new RoomHead($"room-{i}", i + 1, i == 3 ? 2 : 1)), heads.OrderBy(head => head.Seq));
        Assert.Empty(await Log.HeadsAsync([], Ct));
    }

    [Fact]
    public async Task Edit_WhenAppended_ChangesTheTextOfItsMessage()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", "one") with { Meta = "{}" }, Msg("ann", "2", "two"));

        await Log.AppendAsync("lobby", claim, Edit("ann", "3", 1, "uno"), Edit("ann", "4", 1, "eins"));

        var events = await Log.AllAsync("lobby");
        Assert.Equal(["eins", "two", "uno", "eins"], events.Select(e => e.Text));
        Assert.Equal([true, false, false, false], events.Select(e => e.Edited));
        Assert.Equal([1L, 2, 2, 2], events.Select(e => e.Messages));
        Assert.Equal(("{}", 2), (events[0].Meta, (await Log.FactsAsync("lobby", "ann", Ct))!.Messages));
    }

    [Fact]
    public async Task Edit_WhenRepeatedAfterANewerEdit_KeepsTheNewerText()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", "one"));
        await Log.AppendAsync("lobby", claim, Edit("ann", "2", 1, "older"));
        await Log.AppendAsync("lobby", claim, Edit("ann", "3", 1, "newer"));

        Assert.True((await Log.AppendAsync("lobby", claim, Edit("ann", "2", 1, "older"))).Entries[0].Duplicate);

        Assert.Equal("newer", (await Log.AllAsync("lobby"))[0].Text);
    }

    [Fact]
    public async Task Edit_WhenInTheBatchOfItsMessage_ChangesItsText()
    {
        var claim = await Log.OwnAsync("lobby");

        await Log.AppendAsync("lobby", claim, Msg("ann", "1", "one"), Edit("ann", "2", 1, "uno"));

        Assert.Equal(("uno", true), (await Log.AllAsync("lobby")) is [var first, _] ? (first.Text, first.Edited) : default);
    }

    [Fact]
    public async Task Delete_WhenTheMessageWasEdited_RemovesAllItsTexts()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", "one") with { Meta = "{}" }, Edit("ann", "2", 1, "uno"), Msg("ann", "3", "stays"));

        await Log.AppendAsync("lobby", claim, Delete("ann", "4", 1));

        var events = await Log.AllAsync("lobby");
        Assert.Equal([null, null, "stays", null], events.Select(e => e.Text));
        Assert.All(events, e => Assert.Null(e.Meta));
        Assert.Equal([RoomEventKind.Msg, RoomEventKind.Edit, RoomEventKind.Msg, RoomEventKind.Delete], events.Select(e => e.Kind));
        Assert.Equal(new AppendedEntry(1, 1000, MessageLogEntry.AnyHash, 1, Duplicate: true), (await Log.AppendAsync("lobby", claim, Msg("ann", "1", "one"))).Entries[0]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Edit_WhenTheMessageIsDeleted_RestoresNoText(bool inOneBatch)
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", "one"));

        MessageLogEntry[] entries = [Edit("ann", "2", 1, "before"), Delete("ann", "3", 1), Edit("ann", "4", 1, "after")];
        foreach (var batch in inOneBatch ? [entries] : entries.Select(entry => new[] { entry }))
        {
            await Log.AppendAsync("lobby", claim, batch);
        }

        Assert.All(await Log.AllAsync("lobby"), e => Assert.Null(e.Text));
    }

    [Fact]
    public async Task EditOrDelete_WhenTheTargetIsNoMessage_ChangesNoText()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", "one"), new MessageLogEntry("ann", "2", 0, 1000, RoomEventKind.React, "👍", 1, null, null));

        await Log.AppendAsync("lobby", claim, Edit("ann", "3", 2, "x"), Edit("ann", "4", 99, "y"), Delete("ann", "5", 2), Delete("ann", "6", 98));

        Assert.Equal(["one", "👍", "x", "y", null, null], (await Log.AllAsync("lobby")).Select(e => e.Text));
    }

    [Fact]
    public async Task Members_WhenUsersJoinAndLeaveAGroup_AreUpdated()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);

        await Log.AppendAsync("team", claim, Join("cyd"), Join("ann"), Join("bob"), Leave("bob"), Leave("dan"), Join("dan"));
        await Log.AppendAsync("team", claim, Join("ann"), Leave("cyd"));

        Assert.Equal(["ann", "dan"], (await Log.MembersAsync("team", Ct)).Select(member => member.User));
        Assert.True((await Log.FactsAsync("team", "ann", Ct))!.IsMember);
        Assert.False((await Log.FactsAsync("team", "bob", Ct))!.IsMember);
    }

    [Fact]
    public async Task Members_WhenTheRoomIsNoGroup_IgnoreJoinEvents()
    {
        var channel = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", channel, Join("ann"));
        var key = RoomKey.Direct("ann", "bob");
        await Log.AppendAsync(key, await Log.OwnAsync(key, RoomKind.Direct), Join("cyd"));

        Assert.Empty(await Log.MembersAsync("lobby", Ct));
        Assert.False((await Log.FactsAsync("lobby", "ann", Ct))!.IsMember);
        Assert.Equal(["ann", "bob"], (await Log.MembersAsync(key, Ct)).Select(member => member.User));
        Assert.True((await Log.FactsAsync(key, "bob", Ct))!.IsMember);
        Assert.False((await Log.FactsAsync(key, "cyd", Ct))!.IsMember);
    }

    [Fact]
    public async Task Conversations_WhenListed_AreTheUsersRoomsNewestFirst()
    {
        var (bob, cyd) = (RoomKey.Direct("ann", "bob"), RoomKey.Direct("ann", "cyd"));
        await Log.CreateAsync(new RoomCreation(bob, RoomKind.Direct, [Msg("bob", "1") with { Ts = 100 }, Msg("bob", "2") with { Ts = 300 }]), Ct);
        await Log.CreateAsync(new RoomCreation(cyd, RoomKind.Direct, [Msg("cyd", "1") with { Ts = 200 }]), Ct);
        var team = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", team, Join("ann") with { Ts = 100 }, Join("bob") with { Ts = 200 }, Msg("bob", "1") with { Ts = 200 });
        await Log.AppendAsync("lobby", await Log.OwnAsync("lobby"), Msg("ann", "1") with { Ts = 900 });
        await Log.MarkAsync([new(bob, "ann", 1), new("team", "bob", 3)], Ct);

        Assert.Equal(
            [new(bob, RoomKind.Direct, 2, 300, 1, 1, RoomRole.None, null), new("team", RoomKind.Group, 3, 200, 0, 1, RoomRole.Owner, null), new ConversationRow(cyd, RoomKind.Direct, 1, 200, 0, 1, RoomRole.None, null)],
            await Log.ListAsync("ann", null, 10));
        Assert.Equal([new("team", RoomKind.Group, 3, 200, 0, 1, RoomRole.Owner, null)], await Log.ListAsync("ann", new(300, bob), 1));
        Assert.Equal([cyd], (await Log.ListAsync("ann", new(200, "team"), 10)).Select(row => row.Room));
        Assert.Equal([0, 0], (await Log.ListAsync("bob", null, 10)).Select(row => row.Unread));
        Assert.Empty(await Log.ListAsync("dan", null, 10));

        await Log.AppendAsync("team", team, Leave("ann") with { Ts = 400 });

        Assert.Equal([bob, cyd], (await Log.ListAsync("ann", null, 10)).Select(row => row.Room));
    }

    [Fact]
    public async Task Mark_WhenTheNewMarkIsLower_KeepsTheHigherOne()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Msg("ann", "1"), Msg("ann", "2"), Delete("ann", "3", 2), Msg("ann", "4"));
        await Log.OwnAsync("lobby");

        Assert.Equal(new RoomFacts(RoomKind.Group, 5, 3, RoomRole.Owner, 0), await Log.FactsAsync("team", "ann", Ct));

        await Log.MarkAsync([new("team", "ann", 2), new("team", "ann", 4), new("team", "ann", 3), new("lobby", "ann", 1), new("team", "bob", 1)], Ct);
        await Log.MarkAsync([new("team", "ann", 3)], Ct);
        await Log.MarkAsync([], Ct);

        Assert.Equal(new RoomFacts(RoomKind.Group, 5, 3, RoomRole.Owner, 4), await Log.FactsAsync("team", "ann", Ct));
        Assert.Equal(new RoomFacts(RoomKind.Group, 5, 3, RoomRole.None, 1), await Log.FactsAsync("team", "bob", Ct));
    }

    [Fact]
    public async Task Mark_WhenSetConcurrently_KeepsTheHighest()
    {
        await Log.OwnAsync("a");
        await Log.OwnAsync("b");

        await Task.WhenAll(40.To().Select(i => Log.MarkAsync(
            i % 2 == 0 ? [new("a", "ann", i), new("b", "ann", i)] : [new("b", "ann", i), new("a", "ann", i)], Ct)));

        Assert.Equal(40, (await Log.FactsAsync("a", "ann", Ct))!.Read);
        Assert.Equal(40, (await Log.FactsAsync("b", "ann", Ct))!.Read);
    }
}
