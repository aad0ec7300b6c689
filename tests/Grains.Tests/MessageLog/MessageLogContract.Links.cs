using System.Globalization;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

public abstract partial class MessageLogContract
{
    /// <summary>
    /// Each row has the events of a group, and the links that the group then has. The first event of each group is the
    /// join of ann, so the events of a row begin with sequence 2. The test makes one append for each event. An event is
    /// written as link:code:uses:until:time, unlink:sequence, or join:user:sequence. A link is written as
    /// sequence:code:used.
    /// </summary>
    private static readonly (string Events, string Links)[] LinkTable =
    [
        ("link:a", "2:a:0"),
        ("link:a link:b", "2:a:0 3:b:0"),
        ("link:a join:bob:2", "2:a:1"),
        ("link:a join:bob:2 join:cyd:2 join:dan", "2:a:2"),
        ("link:a join:bob:3", "2:a:0"),
        ("link:a unlink:2", ""),
        ("link:a link:b unlink:2", "3:b:0"),
        ("link:a unlink:3", "2:a:0"),
        ("link:a unlink:2 join:bob:2", ""),

        // A new link removes only the links that have expired or have no uses left.
        ("link:a:1 join:bob:2", "2:a:1"),
        ("link:a:1 join:bob:2 link:b", "4:b:0"),
        ("link:a:2 join:bob:2 link:b", "2:a:1 4:b:0"),
        ("link:a::50 link:b:::49", "2:a:0 3:b:0"),
        ("link:a::50 link:b:::50", "3:b:0"),
        ("link:a::50:60 link:b:::70", "3:b:0"),
        ("link:a:1:50 link:b:9:90 link:c:::60", "3:b:0 4:c:0"),
    ];

    [Fact]
    public async Task Links_WhenEventsChangeThem_FollowTheTable()
    {
        var stored = await Task.WhenAll(LinkTable.Select(async (row, i) =>
        {
            var room = $"team-{i}";
            var claim = await Log.OwnAsync(room, RoomKind.Group);
            await Log.AppendAsync(room, claim, Join("ann"));
            foreach (var written in row.Events.Split(' '))
            {
                Assert.False((await Log.AppendAsync(room, claim, ParseLink(written))).Fenced);
            }

            return (row.Events, await WrittenLinksAsync(room));
        }));

        Assert.Equal(LinkTable, stored);
    }

    [Fact]
    public async Task Links_WhenStored_HaveTheirTermsInOrder()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        await Log.AppendAsync("team", claim, Link("a", uses: 1000, until: long.MaxValue, by: "bob"));
        await Log.AppendAsync("team", claim, Link("b"));
        await Log.AppendAsync("team", claim, JoinBy(2, "cyd"), JoinBy(3, "dan"), Leave("cyd"), JoinBy(2, "cyd"));

        Assert.Equal(
            [new RoomLink(2, "bob", LinkTerms.HashOf("a"), 1000, long.MaxValue, 2), new RoomLink(3, "ann", LinkTerms.HashOf("b"), null, null, 1)],
            await Log.LinksAsync("team", Ct));
        Assert.Empty(await Log.LinksAsync("nowhere", Ct));
    }

    [Fact]
    public async Task Append_WhenALinkIsRepeated_StoresOneLink()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        await Log.AppendAsync("team", claim, Link("a", id: "link"));
        await Log.AppendAsync("team", claim, JoinBy(2, "bob"));

        Assert.True(Assert.Single((await Log.AppendAsync("team", claim, Link("a", id: "link"))).Entries).Duplicate);
        Assert.Equal("2:a:1", await WrittenLinksAsync("team"));
        await Log.AppendAsync("team", claim, Unlink(2, id: "end"));
        Assert.True(Assert.Single((await Log.AppendAsync("team", claim, Link("a", id: "link"))).Entries).Duplicate);

        Assert.Equal("", await WrittenLinksAsync("team"));
    }

    [Fact]
    public async Task Append_WhenTheClaimIsNotCurrent_ChangesNoLinks()
    {
        var old = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", old, Join("ann"));
        await Log.AppendAsync("team", old, Link("a"));
        await Log.ClaimAsync("team", Ct);

        foreach (var entry in (MessageLogEntry[])[Link("b"), Unlink(2), JoinBy(2, "bob")])
        {
            Assert.True((await Log.AppendAsync("team", old, entry)).Fenced);
        }

        Assert.Equal("2:a:0", await WrittenLinksAsync("team"));
    }

    [Fact]
    public async Task Append_WhenALinkIsNotAlone_IsRefused()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);

        foreach (var entry in (MessageLogEntry[])[Link("a"), Unlink(2)])
        {
            await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync("team", claim, Join("ann"), entry));
        }

        Assert.Empty(await Log.AllAsync("team"));
    }

    [Fact]
    public async Task Append_WhenALinkIsIncomplete_IsRefused()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        var hash = LinkTerms.HashOf("a");

        foreach (var meta in (string?[])
            [null, "no json", "[]", "{}", """{"hash":"a"}""", $$"""{"hash":"{{hash}}","uses":0}""", $$"""{"hash":"{{hash}}","uses":1001}""",
                $$"""{"hash":"{{hash}}","until":0}""", $$"""{"until":5,"hash":"{{hash}}"}"""])
        {
            await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync("team", claim, Link("a") with { Meta = meta }));
        }

        await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync("team", claim, Unlink(2) with { Ref = null }));
        Assert.Empty(await Log.AllAsync("team"));
    }

    [Fact]
    public async Task Links_WhenTheRoomIsNoGroup_AreNone()
    {
        var claim = await Log.OwnAsync("lobby");

        await Log.AppendAsync("lobby", claim, Link("a"));

        Assert.Empty(await Log.LinksAsync("lobby", Ct));
    }

    [Fact]
    public async Task HasLink_WhenAsked_IsTrueOnlyForUsableLinks()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));
        await Log.AppendAsync("team", claim, Link("once", uses: 1));
        await Log.AppendAsync("team", claim, Link("short", until: 2000));
        await Log.AppendAsync("team", claim, Link("open"));

        Assert.True(await HasAsync("bob", "once"));
        Assert.True(await HasAsync("bob", "wrong", "open"));
        Assert.False(await HasAsync("bob", "wrong", "other"));
        Assert.False(await HasAsync("bob"));
        Assert.False(await Log.HasLinkAsync("other", "bob", [LinkTerms.HashOf("open")], 1500, Ct));
        Assert.True(await Log.HasLinkAsync("team", "bob", [LinkTerms.HashOf("short")], 1999, Ct));
        Assert.False(await Log.HasLinkAsync("team", "bob", [LinkTerms.HashOf("short")], 2000, Ct));

        await Log.AppendAsync("team", claim, JoinBy(2, "cyd"));
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Ban, "eve", until: 1600));
        Assert.False(await HasAsync("bob", "once"));
        Assert.False(await HasAsync("eve", "open"));
        Assert.True(await Log.HasLinkAsync("team", "eve", [LinkTerms.HashOf("open")], 1600, Ct));
        await Log.AppendAsync("team", claim, Unlink(4));
        Assert.False(await HasAsync("bob", "open"));

        Task<bool> HasAsync(string user, params string[] codes) => Log.HasLinkAsync("team", user, [.. codes.Select(LinkTerms.HashOf)], 1500, Ct);
    }

    /// <summary>
    /// Appends random events to several groups at once, with repeated client ids and stale claims. The log must store
    /// the links that <see cref="LinkRules"/> computes from the events. The use count of each link must be the number
    /// of joins by the link.
    /// </summary>
    [Fact]
    public async Task Links_WhenEventsAreRandom_AreTheirFold()
    {
        const int Rooms = 6, Appends = 80;

        await Task.WhenAll(Rooms.To().Select(seed => Task.Run(async () =>
        {
            var (room, random, ts) = ($"team-{seed}", new Random((int)seed), 1000L);
            var claim = await Log.OwnAsync(room, RoomKind.Group);
            for (var i = 1; i <= Appends; i++)
            {
                ts += random.Next(3);
                if (random.Next(10) == 0)
                {
                    var old = claim;
                    claim = (await Log.ClaimAsync(room, Ct))!.Number;
                    Assert.True((await Log.AppendAsync(room, old, Step(random, i, ts))).Fenced);
                }

                await Log.AppendAsync(room, claim, random.Next(2) == 0 ? [Step(random, i, ts)] : [.. random.Next(1, 6).To().Select(_ => Joins(random, i, ts))]);
            }

            var events = await Log.AllAsync(room);
            IReadOnlyList<RoomLink> folded = [];
            foreach (var happened in events)
            {
                folded = LinkRules.Apply(folded, happened.Seq, happened.Ts, happened.Kind, happened.From, happened.Ref, happened.Meta);
            }

            Assert.Equal(folded, await Log.LinksAsync(room, Ct));
            Assert.NotEmpty(folded);
            Assert.All(folded, link => Assert.Equal(
                events.Count(happened => happened is { Kind: RoomEventKind.Join } && happened.Ref == link.Seq && happened.Seq > link.Seq), link.Used));
        })));

        static MessageLogEntry Joins(Random random, int i, long ts) => random.Next(5) switch
        {
            0 => Msg(User(random), null, ts: ts),
            1 => Leave(User(random)) with { Ts = ts },
            2 => Join(User(random)) with { Ts = ts },
            _ => JoinBy(random.Next(1, i + 1), User(random)) with { Ts = ts },
        };

        // There are only 20 client ids, so many of them are repeated.
        static MessageLogEntry Step(Random random, int i, long ts)
        {
            var id = random.Next(2) == 0 ? $"{random.Next(20)}" : null;
            return random.Next(4) == 0
                ? Unlink(random.Next(1, (2 * i) + 1), id) with { Ts = ts }
                : Link($"{i}", random.Next(2) == 0 ? random.Next(1, 4) : null, random.Next(3) == 0 ? ts + random.Next(1, 20) : null, id, ts);
        }

        static string User(Random random) => $"user-{random.Next(5)}";
    }

    private async Task<string> WrittenLinksAsync(string room)
    {
        var codes = ((string[])["a", "b", "c"]).ToDictionary(LinkTerms.HashOf);
        return string.Join(' ', (await Log.LinksAsync(room, Ct)).Select(link => $"{link.Seq}:{codes[link.Hash]}:{link.Used}"));
    }

    private static MessageLogEntry ParseLink(string written)
    {
        var parts = written.Split(':');
        return parts[0] switch
        {
            "link" => Link(parts[1], (int?)Number(2), Number(3), ts: Number(4) ?? 1),
            "unlink" => Unlink(Number(1)!.Value),
            _ => Join(parts[1]) with { Ref = Number(2) },
        };

        long? Number(int part) => parts.Length > part && parts[part].Length > 0 ? long.Parse(parts[part], CultureInfo.InvariantCulture) : null;
    }
}
