using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

public abstract partial class MessageLogContract
{
    [Fact]
    public async Task Replies_WhenCounted_LeaveOutDeletedOnes()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "2"), Reply("bob", "3", 1), Reply("bob", "4", 1), Reply("cyd", "5", 3), Reply("cyd", "6", 99));
        await Log.AppendAsync("lobby", claim, Edit("bob", "7", 3, "edited"), new("ann", "8", 7, 1000, RoomEventKind.React, "👍", 1, null, null));
        await Log.AppendAsync("other", await Log.OwnAsync("other"), Msg("ann", "1"), Reply("bob", "2", 1));

        Assert.Equal("1:2 3:1 99:1", await CountAsync(1, 2, 3, 4, 99));
        Assert.Equal("3:1", await CountAsync(3, 2));
        Assert.Equal("", await CountAsync());
        Assert.Empty(await Log.RepliesAsync("nowhere", [1], Ct));

        await Log.AppendAsync("lobby", claim, Delete("bob", "9", 4), Delete("cyd", "10", 5), Delete("ann", "11", 1));

        Assert.Equal("1:1 99:1", await CountAsync(1, 2, 3, 4, 99));

        async Task<string> CountAsync(params long[] messages) => string.Join(
            ' ', (await Log.RepliesAsync("lobby", messages, Ct)).OrderBy(count => count.Key).Select(count => $"{count.Key}:{count.Value}"));
    }

    [Fact]
    public async Task Replies_WhenThereAreManyOfThem_AreCountedUpToTheBound()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "first"));
        await AppendAsync(103, n => Reply("bob", $"r{n}", 1));

        Assert.Equal(100, await CountAsync());

        // The replies are the events with the sequences 2 to 104.
        await AppendAsync(5, n => Delete("bob", $"d{n}", n + 1));
        Assert.Equal(98, await CountAsync());

        // A count reads only the oldest 200 replies, including deleted replies.
        await AppendAsync(150, n => Reply("bob", $"s{n}", 1));
        Assert.Equal(100, await CountAsync());
        await AppendAsync(96, n => Delete("bob", $"e{n}", n + 6));
        Assert.Equal(99, await CountAsync());
        Assert.Equal(5, (await Log.SelectAsync("lobby", new(EventSelection.RepliesTo(1), 0, long.MaxValue, 5, FromEnd: true), Ct)).Events.Count(reply => reply.Text is not null));

        async Task<int> CountAsync() => (await Log.RepliesAsync("lobby", [1], Ct))[1];

        async Task AppendAsync(int count, Func<long, MessageLogEntry> entry)
        {
            foreach (var some in count.To().Chunk(500))
            {
                Assert.False((await Log.AppendAsync("lobby", claim, [.. some.Select(entry)])).Fenced);
            }
        }
    }

    [Fact]
    public async Task Thread_WhenNobodyAnswered_IsEmpty()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "2"), Reply("ann", "3", 2));

        foreach (var (room, message) in new[] { ("lobby", 1L), ("lobby", 3), ("lobby", 99), ("lobby", long.MaxValue), ("nowhere", 1) })
        {
            foreach (var fromEnd in new[] { false, true })
            {
                var page = await Log.SelectAsync(room, new(EventSelection.RepliesTo(message), 0, long.MaxValue, 10, 100, fromEnd), Ct);
                Assert.Equal((0, false), (page.Events.Count, page.More));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Thread_WhenPaged_HasTheRepliesAmongAllEvents(int seed)
    {
        var random = new Random(seed);
        var claim = await Log.OwnAsync("lobby");
        for (var step = 0; step < 60; step++)
        {
            MessageLogEntry[] entries = [.. random.Next(1, 6).To().Select(n => Entry($"{step}-{n}"))];
            Assert.False((await Log.AppendAsync("lobby", claim, entries)).Fenced);
        }

        var all = await Log.AllAsync("lobby");
        for (var message = 1; message <= 6; message++)
        {
            RoomEvent[] thread = [.. all.Where(happened => happened.Reply == message)];
            var (limit, bytes) = (random.Next(1, 8), random.Next(2) == 0 ? int.MaxValue : random.Next(1, 600));
            Assert.Equal(thread, await PagesAsync(message, limit, bytes, fromEnd: false));
            Assert.Equal(thread, await PagesAsync(message, limit, bytes, fromEnd: true));

            var (after, before) = (random.Next(all.Count), random.Next(all.Count + 2));
            RoomEvent[] inside = [.. thread.Where(happened => happened.Seq > after && happened.Seq < before)];
            foreach (var fromEnd in new[] { false, true })
            {
                var page = await Log.SelectAsync("lobby", new(EventSelection.RepliesTo(message), after, before, limit, FromEnd: fromEnd), Ct);
                Assert.Equal(fromEnd ? inside.TakeLast(limit) : inside.Take(limit), page.Events);
                Assert.Equal(inside.Length > limit, page.More);
            }
        }

        MessageLogEntry Entry(string id) => random.Next(6) switch
        {
            0 => Msg("ann", id, "other"),
            1 => Edit("ann", id, random.Next(1, 60), $"edited {id}"),
            2 => Delete("ann", id, random.Next(1, 60)),
            _ => Reply("ann", id, random.Next(1, 7)) with { Text = new string('é', random.Next(100)), Meta = random.Next(3) == 0 ? """{"a":"é"}""" : null },
        };

        // Reads all pages. No page may have more bytes than the limit, except for its last event.
        async Task<IEnumerable<RoomEvent>> PagesAsync(long message, int limit, int bytes, bool fromEnd)
        {
            List<RoomEvent> read = [];
            for (var (after, before) = (0L, long.MaxValue); ;)
            {
                var page = await Log.SelectAsync("lobby", new(EventSelection.RepliesTo(message), after, before, limit, bytes, fromEnd), Ct);
                var stopped = page.Events.Select(EventBytes.Count);
                Assert.True(page.Events.Count <= limit);
                Assert.True((fromEnd ? stopped.Skip(1) : stopped.SkipLast(1)).Sum() < bytes);
                Assert.True(!page.More || page.Events.Count == limit || stopped.Sum() >= bytes);
                read.InsertRange(fromEnd ? 0 : read.Count, page.Events);
                if (!page.More)
                {
                    return read;
                }

                (after, before) = fromEnd ? (0, page.Events[0].Seq) : (page.Events[^1].Seq, long.MaxValue);
            }
        }
    }

    [Fact]
    public async Task Readers_WhenAsked_AreTheMembersWhoseMarkReachesTheMessage()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, [.. new[] { "ann", "bob", "cyd", "dan", "eve", "fay", "gus" }.Select(Join)]);
        await Log.AppendAsync("team", claim, Msg("bob", "1"), Msg("cyd", "2"), Delete("bob", "3", 8));
        await Log.MarkAsync(
            [
                new("team", "ann", 8), new("team", "bob", 10), new("team", "cyd", 7), new("team", "dan", 9), new("team", "eve", 10),
                new("team", "fay", 10), new("team", "gus", 10), new("team", "stranger", 10), new("team", "invited", 10),
            ],
            Ct);
        await Log.AppendAsync("team", claim, Leave("eve"));
        foreach (var change in new[] { Change(RoomEventKind.Ban, "fay"), Change(RoomEventKind.Mute, "gus"), Change(RoomEventKind.Invite, "invited") })
        {
            await Log.AppendAsync("team", claim, change with { ClientId = $"{change.Kind}" });
        }

        Assert.Equal(["ann", "dan", "gus"], (await Log.ReadersAsync("team", 8, 10, Ct))!);
        Assert.Equal(["bob", "dan", "gus"], (await Log.ReadersAsync("team", 9, 10, Ct))!);
        Assert.Equal(["bob", "dan"], (await Log.ReadersAsync("team", 9, 2, Ct))!);
        Assert.Null(await Log.ReadersAsync("team", 7, 10, Ct));
        Assert.Null(await Log.ReadersAsync("team", 10, 10, Ct));
        Assert.Null(await Log.ReadersAsync("team", 99, 10, Ct));
        Assert.Null(await Log.ReadersAsync("nowhere", 1, 10, Ct));
    }

    [Fact]
    public async Task Readers_WhenNobodyHasRead_AreNone()
    {
        await Log.AppendAsync("team", await Log.OwnAsync("team", RoomKind.Group), Join("ann"), Join("bob"), Msg("ann", "1"));
        await Log.AppendAsync("lobby", await Log.OwnAsync("lobby"), Msg("ann", "1"));
        await Log.MarkAsync([new("lobby", "bob", 1), new("team", "ann", 3)], Ct);

        Assert.Empty((await Log.ReadersAsync("team", 3, 10, Ct))!);
        Assert.Empty((await Log.ReadersAsync("lobby", 1, 10, Ct))!);
    }

    [Fact]
    public async Task Readers_WhenThereAreManyOfThem_AreTheFirstOnes()
    {
        string[] users = [.. 130.To().Select(n => $"user-{n:000}")];
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, [.. users.Reverse().Select(Join), Msg(users[1], "1")]);
        await Log.MarkAsync([.. users.Select(user => new ReadMark("team", user, 131))], Ct);

        Assert.Equal(users.Where(user => user != users[1]).Take(101), (await Log.ReadersAsync("team", 131, 101, Ct))!);
        Assert.Equal(129, (await Log.ReadersAsync("team", 131, 129, Ct))!.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Readers_WhenOnlyOneOfTwoHasSent_AreNone(bool isReaction)
    {
        var room = RoomKey.Direct("ann", "bob");
        var claim = (await Log.CreateAsync(new RoomCreation(room, RoomKind.Direct, [Msg("ann", "1"), Msg("ann", "2")]), Ct)).Claim.Number;
        await Log.MarkAsync([new(room, "bob", 2), new(room, "ann", 2)], Ct);
        Assert.Empty((await Log.ReadersAsync(room, 1, 10, Ct))!);

        await Log.AppendAsync(room, claim, isReaction ? new("bob", "1", 7, 1000, RoomEventKind.React, "👍", 1, null, null) : Msg("bob", "1"));

        Assert.Equal(["bob"], (await Log.ReadersAsync(room, 1, 10, Ct))!);
        Assert.Equal(["bob"], (await Log.ReadersAsync(room, 2, 10, Ct))!);
        if (!isReaction)
        {
            Assert.Empty((await Log.ReadersAsync(room, 3, 10, Ct))!);
            await Log.MarkAsync([new(room, "ann", 3)], Ct);
            Assert.Equal(["ann"], (await Log.ReadersAsync(room, 3, 10, Ct))!);
        }

        var notes = RoomKey.Direct("ann", "ann");
        await Log.CreateAsync(new RoomCreation(notes, RoomKind.Direct, [Msg("ann", "1")]), Ct);
        await Log.MarkAsync([new(notes, "ann", 1)], Ct);
        Assert.Empty((await Log.ReadersAsync(notes, 1, 10, Ct))!);
    }

    private static MessageLogEntry Reply(string user, string id, long message) => Msg(user, id) with { Reply = message };
}
