using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>The pinned messages of a room, and the pages of selected events.</summary>
public abstract partial class MessageLogContract
{
    [Theory]
    [InlineData(1, RoomKind.Group)]
    [InlineData(2, RoomKind.Channel)]
    [InlineData(3, RoomKind.Group)]
    public async Task Pins_WhenTheHistoryIsRandom_EqualANaiveFold(int seed, RoomKind kind)
    {
        var random = new Random(seed);
        var claim = await Log.OwnAsync("team", kind);
        await Log.AppendAsync("other", await Log.OwnAsync("other"), Msg("ann", "1"), Msg("ann", "2"));
        await Log.AppendAsync("other", 1, Pin(2, "3"));
        await Log.AppendAsync("team", claim, [.. 20.To().Select(n => Msg("ann", $"m{n}"))]);
        for (var step = 0; step < 120; step++)
        {
            var about = random.Next(0, 26);
            MessageLogEntry[] entries = random.Next(5) switch
            {
                0 => [Msg("ann", $"{step}"), Edit("ann", $"e{step}", about, "edited")],
                1 when step % 4 == 0 => [Delete("ann", $"{step}", about), Delete("ann", $"d{step}", random.Next(1, 26))],
                2 => [Unpin(about, $"{step}")],

                // The client id repeats. If the log already has an event with this client id, the entry changes
                // nothing.
                3 => [random.Next(2) == 0 ? Pin(about, $"again-{about}") : Unpin(about, $"not-again-{about}")],
                _ => [Pin(about, $"{step}")],
            };
            Assert.False((await Log.AppendAsync("team", claim, entries)).Fenced);
            if (step % 10 == 9)
            {
                var all = await Log.AllAsync("team");
                var expected = Fold(all);
                Assert.Equal(expected, await Log.PinsAsync("team", Ct));
                Assert.Equal(
                    all.Where(happened => expected.Contains(happened.Seq)),
                    (await Log.SelectAsync("team", new(EventSelection.Pins, 0, long.MaxValue, 100), Ct)).Events);
            }
        }

        Assert.NotEmpty(await Log.PinsAsync("team", Ct));
        Assert.Equal([2], await Log.PinsAsync("other", Ct));
        Assert.Empty(await Log.PinsAsync("nowhere", Ct));

        static long[] Fold(IReadOnlyList<RoomEvent> all)
        {
            var (pins, deleted) = (new SortedSet<long>(), new HashSet<long>());
            foreach (var happened in all)
            {
                var about = happened.Ref ?? 0;
                if (happened.Kind == RoomEventKind.Delete)
                {
                    deleted.Add(about);
                }

                if (happened.Kind == RoomEventKind.Pin && about >= 1 && about < happened.Seq && all[(int)about - 1].Kind == RoomEventKind.Msg && !deleted.Contains(about))
                {
                    pins.Add(about);
                }
                else if (happened.Kind is RoomEventKind.Unpin or RoomEventKind.Delete)
                {
                    pins.Remove(about);
                }
            }

            return [.. pins];
        }
    }

    [Fact]
    public async Task Pin_WhenTheRoomIsDirectOrNew_IsStored()
    {
        var room = RoomKey.Direct("ann", "bob");
        var claim = (await Log.CreateAsync(new RoomCreation(room, RoomKind.Direct, [Msg("ann", "1")]), Ct)).Claim.Number;

        await Log.AppendAsync(room, claim, Pin(1, "p"));
        Assert.Equal([1], await Log.PinsAsync(room, Ct));
        await Log.AppendAsync(room, claim, Edit("ann", "e", 1, "edited"));
        Assert.Equal([1], await Log.PinsAsync(room, Ct));
        await Log.AppendAsync(room, claim, Delete("ann", "d", 1));

        Assert.Empty(await Log.PinsAsync(room, Ct));
        await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync(room, claim, Pin(1, "a"), Msg("ann", "b")));
        await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync(room, claim, Pin(1, "a") with { Ref = null }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Changes_WhenPaged_EqualANaiveFilter(int seed)
    {
        var random = new Random(seed);
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("bob"), Msg("ann", "1"));
        for (var step = 0; step < 80; step++)
        {
            var id = $"{step}";
            MessageLogEntry[] entries = random.Next(8) switch
            {
                0 => [Change(random.Next(2) == 0 ? RoomEventKind.Mute : RoomEventKind.Invite, "bob", id: id)],
                1 => [Link($"code {step}", id: id)],
                2 => [Pin(3, id)],
                3 => [new("ann", id, 7, 1000, RoomEventKind.Title, new string('t', random.Next(1, 100)), null, null, null)],
                4 => [Delete("ann", id, random.Next(1, 60)), Msg("ann", $"m{id}")],
                5 => [Join($"user-{step}"), Leave("bob"), Join("bob")],
                _ => [Msg("ann", id, new string('x', random.Next(100))), Edit("ann", $"e{id}", 3, "edited")],
            };
            Assert.False((await Log.AppendAsync("team", claim, entries)).Fenced);
        }

        var all = await Log.AllAsync("team");
        RoomEvent[] changes = [.. all.Where(happened => happened.Kind == RoomEventKind.Delete || happened.Kind >= RoomEventKind.Invite)];
        Assert.True(changes.Length is > 20 and < 80);
        foreach (var fromEnd in new[] { false, true })
        {
            for (var run = 0; run < 20; run++)
            {
                var (after, before, limit) = (random.Next(all.Count), random.Next(all.Count + 2), random.Next(1, 12));
                RoomEvent[] inside = [.. changes.Where(happened => happened.Seq > after && happened.Seq < before)];
                var page = await Log.SelectAsync("team", new(EventSelection.Changes, after, before, limit, FromEnd: fromEnd), Ct);
                Assert.Equal(fromEnd ? inside.TakeLast(limit) : inside.Take(limit), page.Events);
                Assert.Equal(inside.Length > limit, page.More);
            }

            var small = await Log.SelectAsync("team", new(EventSelection.Changes, 0, long.MaxValue, 100, Bytes: 1, fromEnd), Ct);
            Assert.Equal([fromEnd ? changes[^1] : changes[0]], small.Events);
            Assert.True(small.More);
        }
    }
}
