using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>The members and titles of groups, and the version of the log.</summary>
public abstract partial class MessageLogContract
{
    /// <summary>
    /// Each row has the events of a group, and the members of the group after these events, in the order in which the
    /// log returns them. The test makes one append for each event. An event is written as kind:user, kind:user:until or
    /// role:user:number. A member is written as user:role. If the user is muted, :m is added; if the user is banned,
    /// :b; if both, :mb. A number after m or b is the time at which the mute or ban ends, as in bob:None:m40b50.
    /// </summary>
    private static readonly (string Events, string Members)[] MemberTable =
    [
        ("join:ann", "ann:Owner"),
        ("join:ann join:bob", "ann:Owner bob:Member"),
        ("join:ann join:ann", "ann:Owner"),
        ("title:- join:ann", "ann:Member"),
        ("join:ann join:bob role:bob:2 join:bob", "ann:Owner bob:Moderator"),
        ("join:ann mute:bob:50 join:bob", "ann:Owner bob:Member:m50"),
        ("join:ann ban:bob:50 join:bob", "ann:Owner bob:Member:b50"),

        ("join:ann join:bob leave:bob", "ann:Owner"),
        ("join:ann leave:bob", "ann:Owner"),
        ("join:ann leave:ann join:ann", "ann:Member"),
        ("join:ann join:bob mute:bob leave:bob", "ann:Owner bob:None:m"),
        ("join:ann join:bob mute:bob:50 leave:bob join:bob", "ann:Owner bob:Member:m50"),
        ("join:ann invite:bob leave:bob", "ann:Owner"),

        ("join:ann invite:bob", "ann:Owner bob:Invited"),
        ("join:ann join:bob invite:bob", "ann:Owner bob:Member"),
        ("join:ann mute:bob invite:bob", "ann:Owner bob:Invited:m"),
        ("join:ann invite:bob invite:bob", "ann:Owner bob:Invited"),
        ("join:ann invite:bob join:bob", "ann:Owner bob:Member"),

        ("join:ann join:bob kick:bob", "ann:Owner"),
        ("join:ann invite:bob kick:bob", "ann:Owner"),
        ("join:ann join:bob mute:bob:50 kick:bob", "ann:Owner bob:None:m50"),
        ("join:ann ban:bob kick:bob", "ann:Owner bob:None:b"),

        ("join:ann join:bob ban:bob", "ann:Owner bob:None:b"),
        ("join:ann join:bob ban:bob:50", "ann:Owner bob:None:b50"),
        ("join:ann ban:bob:50 ban:bob", "ann:Owner bob:None:b"),
        ("join:ann invite:bob ban:bob", "ann:Owner bob:None:b"),
        ("join:ann join:bob mute:bob:40 ban:bob:50", "ann:Owner bob:None:m40b50"),
        ("join:ann ban:bob unban:bob", "ann:Owner"),
        ("join:ann join:bob mute:bob:40 ban:bob unban:bob", "ann:Owner bob:None:m40"),
        ("join:ann join:bob unban:bob", "ann:Owner bob:Member"),
        ("join:ann unban:bob", "ann:Owner"),

        ("join:ann join:bob mute:bob", "ann:Owner bob:Member:m"),
        ("join:ann mute:ann:50", "ann:Owner:m50"),
        ("join:ann mute:bob", "ann:Owner bob:None:m"),
        ("join:ann join:bob mute:bob:50 unmute:bob", "ann:Owner bob:Member"),
        ("join:ann mute:bob unmute:bob", "ann:Owner"),
        ("join:ann join:bob mute:bob ban:bob unmute:bob", "ann:Owner bob:None:b"),

        ("join:ann join:bob role:bob:2", "ann:Owner bob:Moderator"),
        ("join:ann join:bob role:bob:3 role:ann:1", "ann:Member bob:Owner"),
        ("join:ann join:bob mute:bob role:bob:2", "ann:Owner bob:Moderator:m"),
        ("join:ann role:bob:2", "ann:Owner"),
        ("join:ann invite:bob role:bob:2", "ann:Owner bob:Invited"),
        ("join:ann ban:bob role:bob:2", "ann:Owner bob:None:b"),

        // The order of the members: if a user becomes a member, stops being a member or is invited, the user moves to
        // the end. Other changes do not move the user.
        ("join:ann invite:bob join:cyd join:bob", "ann:Owner cyd:Member bob:Member"),
        ("join:ann join:bob join:cyd mute:bob role:bob:2", "ann:Owner bob:Moderator:m cyd:Member"),
        ("join:ann join:bob mute:bob join:cyd leave:bob", "ann:Owner cyd:Member bob:None:m"),
        ("join:ann mute:bob join:cyd invite:bob", "ann:Owner cyd:Member bob:Invited:m"),
        ("join:ann invite:bob join:cyd invite:bob mute:bob", "ann:Owner cyd:Member bob:Invited:m"),
        ("join:ann join:bob join:cyd leave:bob join:bob", "ann:Owner cyd:Member bob:Member"),
    ];

    [Fact]
    public async Task Members_WhenEventsChangeRights_FollowTheTable()
    {
        var stored = await Task.WhenAll(MemberTable.Select(async (row, i) =>
        {
            var room = $"team-{i}";
            var claim = await Log.OwnAsync(room, RoomKind.Group);
            foreach (var written in row.Events.Split(' '))
            {
                Assert.False((await Log.AppendAsync(room, claim, Parse(written))).Fenced);
            }

            var members = await Log.MembersAsync(room, Ct);
            foreach (var member in members)
            {
                Assert.Equal(member.Role, (await Log.FactsAsync(room, member.User, Ct))!.Role);
            }

            return (row.Events, string.Join(' ', members.Select(Write)));
        }));

        Assert.Equal(MemberTable, stored);
    }

    [Fact]
    public async Task Members_WhenJoinsAndLeavesShareAnAppend_AreAppliedInOrder()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);

        await Log.AppendAsync("team", claim, Join("ann"), Join("bob"), Join("ann"), Join("cyd"), Leave("bob"), Join("bob"), Join("bob"));
        Assert.Equal("ann:Owner cyd:Member bob:Member", await WrittenMembersAsync("team"));

        // An owner who leaves and joins again is no longer an owner, even if both events are in one append.
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Mute, "dan", until: 50));
        await Log.AppendAsync("team", claim, Leave("ann"), Join("ann"), Join("dan"), Leave("dan"), Leave("dan"), Join("eve"), Leave("eve"));
        Assert.Equal("cyd:Member bob:Member ann:Member dan:None:m50", await WrittenMembersAsync("team"));
    }

    [Fact]
    public async Task Facts_WhenTheUserIsBanned_HaveTheEndOfTheBan()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"));

        await Log.AppendAsync("team", claim, Change(RoomEventKind.Ban, "bob", until: 50));

        Assert.Equal((50L, 0L), ((await Log.FactsAsync("team", "bob", Ct))!.BannedUntil, (await Log.FactsAsync("team", "ann", Ct))!.BannedUntil));
    }

    [Fact]
    public async Task Append_WhenARightsChangeIsRepeated_AppliesItOnce()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("bob"));
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Ban, "bob", id: "ban"));
        await Log.AppendAsync("team", claim, Change(RoomEventKind.Unban, "bob", id: "unban"));

        var again = await Log.AppendAsync("team", claim, Change(RoomEventKind.Ban, "bob", id: "ban"));

        Assert.Equal(new AppendedEntry(3, 1000, 7, 0, Duplicate: true), Assert.Single(again.Entries));
        Assert.Equal("ann:Owner", await WrittenMembersAsync("team"));
        Assert.Equal([5], (await Log.AppendAsync("team", claim, Join("bob"))).Seqs());
        Assert.Equal("ann:Owner bob:Member", await WrittenMembersAsync("team"));
    }

    [Fact]
    public async Task Append_WhenTheClaimIsNotCurrent_ChangesNoRights()
    {
        var old = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", old, Join("ann"), Join("bob"), Title("first"));
        var current = (await Log.ClaimAsync("team", Ct))!;

        foreach (var entry in (MessageLogEntry[])
            [Change(RoomEventKind.Ban, "bob"), Change(RoomEventKind.Role, "bob", RoomRole.Owner), Change(RoomEventKind.Invite, "cyd"), Title("second")])
        {
            Assert.True((await Log.AppendAsync("team", old, entry)).Fenced);
        }

        Assert.Equal("ann:Owner bob:Member", await WrittenMembersAsync("team"));
        Assert.Equal(current with { Number = current.Number + 1 }, await Log.ClaimAsync("team", Ct));
    }

    [Fact]
    public async Task Append_WhenARightsChangeIsNotAlone_IsRefused()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);

        await Assert.ThrowsAsync<MessageLogEntryException>(() => Log.AppendAsync("team", claim, Join("ann"), Change(RoomEventKind.Kick, "bob")));

        Assert.Empty(await Log.AllAsync("team"));
    }

    [Fact]
    public async Task Append_WhenARightsChangeIsIncomplete_IsRefused()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("bob"));

        foreach (var (kind, user, meta) in ((RoomEventKind, string?, string?)[])
        [
            (RoomEventKind.Kick, null, null),
            (RoomEventKind.Kick, "bob", """{"role":2}"""),
            (RoomEventKind.Ban, "bob", "tomorrow"),
            (RoomEventKind.Ban, "bob", """{"until":"tomorrow"}"""),
            (RoomEventKind.Mute, "bob", """{"until":1.5}"""),
            (RoomEventKind.Mute, "bob", "[]"),
            (RoomEventKind.Role, "bob", null),
            (RoomEventKind.Role, "bob", """{"role":4}"""),
        ])
        {
            await Assert.ThrowsAsync<MessageLogEntryException>(
                () => Log.AppendAsync("team", claim, new MessageLogEntry("ann", "1", 7, 1000, kind, user, null, null, meta)));
        }

        Assert.Equal("ann:Owner bob:Member", await WrittenMembersAsync("team"));
        Assert.Equal([3], (await Log.AppendAsync("team", claim, Msg("ann", "1"))).Seqs());
    }

    [Fact]
    public async Task Members_WhenTheRoomIsNoGroup_IgnoreRightsChanges()
    {
        var key = RoomKey.Direct("ann", "bob");
        foreach (var (room, kind) in ((string, RoomKind)[])[("lobby", RoomKind.Channel), (key, RoomKind.Direct)])
        {
            var claim = await Log.OwnAsync(room, kind);
            await Log.AppendAsync(room, claim, Change(RoomEventKind.Ban, "bob"));
            await Log.AppendAsync(room, claim, Change(RoomEventKind.Invite, "cyd"));
        }

        Assert.Empty(await Log.MembersAsync("lobby", Ct));
        Assert.Equal("ann:Member bob:Member", await WrittenMembersAsync(key));
    }

    [Fact]
    public async Task Conversations_WhenRightsChange_ListMembersAndTheInvited()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        await Log.AppendAsync("team", claim, Join("ann"), Join("bob"), Join("cyd"), Join("dan"), Join("eve"), Msg("ann", "1"), Title("Plans"));
        foreach (var entry in (MessageLogEntry[])
        [
            Change(RoomEventKind.Ban, "bob"), Change(RoomEventKind.Mute, "cyd"), Change(RoomEventKind.Kick, "dan"), Change(RoomEventKind.Mute, "eve"),
            Leave("eve"), Change(RoomEventKind.Invite, "fay"), Change(RoomEventKind.Role, "cyd", RoomRole.Moderator),
        ])
        {
            await Log.AppendAsync("team", claim, entry);
        }

        Assert.Equal([Row(RoomRole.Owner, unread: 0)], await Log.ListAsync("ann", null, 10));
        Assert.Equal([Row(RoomRole.Moderator, unread: 1)], await Log.ListAsync("cyd", null, 10));

        // An invited user does not see how many messages the room has, or when the last one was sent.
        await Log.AppendAsync("team", claim, Msg("ann", "2") with { Ts = 2000 });
        Assert.Equal(
            [new ConversationRow("team", RoomKind.Group, 0, 1000, 0, 0, RoomRole.Invited, "Plans")], await Log.ListAsync("fay", null, 10));
        foreach (var user in (string[])["bob", "dan", "eve", "gus"])
        {
            Assert.Empty(await Log.ListAsync(user, null, 10));
        }

        static ConversationRow Row(RoomRole role, long unread) => new("team", RoomKind.Group, 14, 1000, 0, unread, role, "Plans");
    }

    [Fact]
    public async Task Title_WhenAppended_IsInClaimsAndConversations()
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        var other = await Log.OwnAsync("other", RoomKind.Group);
        Assert.Null((await Log.ClaimAsync("team", Ct))!.Title);
        claim++;
        await Log.AppendAsync("team", claim, Join("ann"), Title("zeroth", "0"), Title("first", "1"), Msg("ann", "2"));
        Assert.Equal("first", (await Log.ClaimAsync("team", Ct))!.Title);
        claim++;

        // A repeated title event has no effect. If an append has several new titles, the last one wins.
        await Log.AppendAsync("team", claim, Title("second", "3"));
        await Log.AppendAsync("team", claim, Msg("ann", "4"));
        await Log.AppendAsync("team", claim, Title("first", "1"));
        Assert.Equal("second", Assert.Single(await Log.ListAsync("ann", null, 10)).Title);
        await Log.AppendAsync("team", claim, Title("third \"é\"", "5"), Title("first", "1"));

        var created = await Log.CreateAsync(new RoomCreation("team", RoomKind.Group, [Title("fourth", "6")]), Ct);
        Assert.Equal("third \"é\"", created.Claim.Title);
        Assert.Equal("fourth", (await Log.ClaimAsync("team", Ct))!.Title);
        Assert.Null((await Log.ClaimAsync("other", Ct))!.Title);
        Assert.True((await Log.AppendAsync("other", other, Title("late"))).Fenced);
        Assert.Null((await Log.ClaimAsync("other", Ct))!.Title);
    }

    [Fact]
    public async Task Settings_WhenAppended_AreInClaims()
    {
        var (first, second) = (new RoomSettings(Private: true), new RoomSettings(false, RoomAction.None, RoomAction.Moderate, RoomSettings.MaxSlow));
        var claim = await Log.OwnAsync("team", RoomKind.Group);
        var other = await Log.OwnAsync("other", RoomKind.Group);
        Assert.Null((await Log.ClaimAsync("team", Ct))!.Settings);
        claim++;
        await Log.AppendAsync("team", claim, Join("ann"), Settings(first, "1"), Title("Plans", "2"));
        var claimed = (await Log.ClaimAsync("team", Ct))!;
        Assert.Equal((first, "Plans"), (claimed.Settings, claimed.Title));
        claim++;

        // A repeated settings event has no effect, and a title event does not change the settings.
        await Log.AppendAsync("team", claim, Settings(second, "3"));
        await Log.AppendAsync("team", claim, Settings(first, "1"));
        await Log.AppendAsync("team", claim, Title("Other plans", "4"), Msg("ann", "5"));
        var created = await Log.CreateAsync(new RoomCreation("team", RoomKind.Group, [Settings(first, "6")]), Ct);

        Assert.Equal((second, "Other plans"), (created.Claim.Settings, created.Claim.Title));
        Assert.Equal(first, (await Log.ClaimAsync("team", Ct))!.Settings);
        Assert.True((await Log.AppendAsync("other", other - 1, Settings(first))).Fenced);
        Assert.Null((await Log.ClaimAsync("other", Ct))!.Settings);
    }

    [Fact]
    public async Task Settings_WhenManyRoomsChangeAtOnce_AreTheRoomsOwn()
    {
        var rooms = 30.To().Select(i => (Name: $"team-{i}", Settings: new RoomSettings(i % 2 == 0, (RoomAction)(i << 2)))).ToArray();
        var claims = await Task.WhenAll(rooms.Select(room => Log.OwnAsync(room.Name, RoomKind.Group)));

        await Task.WhenAll(rooms.Zip(claims, (room, claim) => Log.AppendAsync(room.Name, claim, Settings(room.Settings), Title(room.Name))));

        foreach (var room in rooms)
        {
            var claim = (await Log.ClaimAsync(room.Name, Ct))!;
            Assert.Equal((room.Settings, room.Name), (claim.Settings, claim.Title));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("""{"private":true}""")]
    [InlineData("""{"private":true,"members":28,"moderators":256}""")]
    [InlineData("""{"private":true,"members":28,"moderators":2}""")]
    [InlineData("""{"private":true,"members":28,"moderators":252,"slow":0}""")]
    [InlineData("""{"private":true,"members":28,"moderators":252,"slow":-1}""")]
    [InlineData("""{"private":true,"members":28,"moderators":252,"slow":21601}""")]
    [InlineData("""{"private":true,"members":28,"moderators":252,"slow":"1"}""")]
    public async Task Append_WhenTheSettingsAreIncomplete_IsRefused(string? meta)
    {
        var claim = await Log.OwnAsync("team", RoomKind.Group);

        await Assert.ThrowsAsync<MessageLogEntryException>(
            () => Log.AppendAsync("team", claim, new MessageLogEntry("ann", "1", 7, 1000, RoomEventKind.Settings, null, null, null, meta)));

        Assert.Empty(await Log.AllAsync("team"));
    }

    [Fact]
    public async Task CountGroups_WhenTheUserHasManyRooms_CountsMemberships()
    {
        foreach (var room in (string[])["a", "team", "0", "~x", "~y"])
        {
            await Log.AppendAsync(room, await Log.OwnAsync(room, RoomKind.Group), Join("eve"), Join("ann"));
        }

        foreach (var room in (string[])["b", "~z"])
        {
            await Log.AppendAsync(room, await Log.OwnAsync(room, RoomKind.Group), Change(RoomEventKind.Invite, "ann"));
        }

        await Log.AppendAsync("c", await Log.OwnAsync("c", RoomKind.Group), Change(RoomEventKind.Ban, "ann"));
        await Log.OwnAsync(RoomKey.Direct("ann", "bob"), RoomKind.Direct);
        await Log.AppendAsync("a", await Log.OwnAsync("a", RoomKind.Group), Leave("ann"));

        Assert.Equal(4, await Log.CountGroupsAsync("ann", false, 100, Ct));
        Assert.Equal(6, await Log.CountGroupsAsync("ann", true, 100, Ct));
        Assert.InRange(await Log.CountGroupsAsync("ann", true, 2, Ct), 2, 6);
        Assert.Equal(0, await Log.CountGroupsAsync("bob", true, 100, Ct));
    }

    /// <summary>If several rooms share a commit, each room gets its own title.</summary>
    [Fact]
    public async Task Title_WhenManyRoomsChangeAtOnce_IsTheRoomsOwn()
    {
        var rooms = 30.To().Select(i => $"team-{i}").ToArray();
        var claims = await Task.WhenAll(rooms.Select(room => Log.OwnAsync(room, RoomKind.Group)));

        await Task.WhenAll(rooms.Zip(claims, (room, claim) => Log.AppendAsync(room, claim, Join(room), Title(room))));
        await Task.WhenAll(rooms.Zip(claims, (room, claim) => Log.AppendAsync(room, claim, Change(RoomEventKind.Mute, room, until: claim))));

        foreach (var room in rooms)
        {
            Assert.Equal(room, (await Log.ClaimAsync(room, Ct))!.Title);
            Assert.Equal($"{room}:Owner:m1", await WrittenMembersAsync(room));
        }
    }

    [Fact]
    public async Task Version_WhenTheLogIsNew_AllowsRights()
    {
        Assert.Equal(LogVersion.Rights, await Log.VersionAsync(Ct));

        await Log.RaiseVersionAsync(LogVersion.Rights, Ct);

        Assert.Equal(LogVersion.Rights, await Log.VersionAsync(Ct));
    }

    /// <summary>
    /// Appends random events to several groups at once, with repeated client ids and stale claims. The log must store
    /// the members that <see cref="MemberRules"/> computes from the events, and the newest title and settings.
    /// </summary>
    [Fact]
    public async Task Members_WhenEventsAreRandom_AreTheirFold()
    {
        const int Rooms = 8, Appends = 60;

        await Task.WhenAll(Rooms.To().Select(seed => Task.Run(async () =>
        {
            var (room, random) = ($"team-{seed}", new Random((int)seed));
            var claim = await Log.OwnAsync(room, RoomKind.Group);
            for (var i = 0; i < Appends; i++)
            {
                if (random.Next(10) == 0)
                {
                    var old = claim;
                    var claimed = (await Log.ClaimAsync(room, Ct))!;
                    claim = claimed.Number;
                    Assert.True((await Log.AppendAsync(room, old, Step(random))).Fenced);
                    var newest = (await Log.AllAsync(room)).LastOrDefault(happened => happened.Kind == RoomEventKind.Settings);
                    Assert.Equal(RoomSettings.Parse(newest?.Meta), claimed.Settings);
                }

                var entries = random.Next(2) == 0
                    ? random.Next(1, 7).To().Select(n => Batchable(random, $"{i}-{n}")).ToArray()
                    : [Step(random)];
                await Log.AppendAsync(room, claim, entries);
                if (i % 4 == 3)
                {
                    await AssertFoldedAsync(room, $"seed {seed}, append {i}");
                }
            }

            await AssertFoldedAsync(room, $"seed {seed}");
        })));

        static MessageLogEntry Batchable(Random random, string id) => random.Next(6) switch
        {
            0 => Msg(User(random), id),
            1 => Title($"title-{id}", random.Next(2) == 0 ? id : null),
            2 => Leave(User(random)),
            3 => Settings(new(random.Next(2) == 0, (RoomAction)(random.Next(32) << 2)), random.Next(2) == 0 ? id : null),
            _ => Join(User(random)),
        };

        // There are only 20 client ids, so many of them are repeated.
        static MessageLogEntry Step(Random random)
        {
            var kind = (RoomEventKind)random.Next((int)RoomEventKind.Invite, (int)RoomEventKind.Role + 1);
            RoomRole? role = kind == RoomEventKind.Role ? (RoomRole)random.Next((int)RoomRole.Member, (int)RoomRole.Owner + 1) : null;
            long? until = kind is RoomEventKind.Ban or RoomEventKind.Mute && random.Next(2) == 0 ? random.Next(1, 100) : null;
            return Change(kind, User(random), role, until, random.Next(2) == 0 ? $"{random.Next(20)}" : null);
        }

        static string User(Random random) => $"user-{random.Next(5)}";
    }

    private async Task AssertFoldedAsync(string room, string where)
    {
        var members = new Dictionary<string, (Member Member, long Since)>();
        string? title = null;
        foreach (var happened in await Log.AllAsync(room))
        {
            title = happened.Kind == RoomEventKind.Title ? happened.Text : title;
            if (MemberRules.UserOf(happened.Kind, happened.From, happened.Text) is { } user)
            {
                var (before, since) = members.GetValueOrDefault(user, (new Member(user, RoomRole.None), happened.Seq));
                var after = MemberRules.Apply(before, happened.Seq, happened.Kind, happened.Text, happened.Meta);
                members[user] = (after, MemberRules.Begins(before, after, happened.Kind) ? happened.Seq : since);
                if (!MemberRules.IsStored(after))
                {
                    members.Remove(user);
                }
            }
        }

        var folded = string.Join(' ', members.Values.OrderBy(row => row.Since).Select(row => Write(row.Member)));
        Assert.Equal($"{where}: {folded}", $"{where}: {await WrittenMembersAsync(room)}");
        if (members.Values.FirstOrDefault(row => Member.Is(row.Member.Role)).Member is { } one)
        {
            Assert.Equal(title, (await Log.ListAsync(one.User, null, 100)).Single(row => row.Room == room).Title);
        }
    }

    private async Task<string> WrittenMembersAsync(string room) => string.Join(' ', (await Log.MembersAsync(room, Ct)).Select(Write));

    private static MessageLogEntry Parse(string written)
    {
        var parts = written.Split(':');
        var kind = Enum.Parse<RoomEventKind>(parts[0], ignoreCase: true);
        long? number = parts.Length > 2 ? long.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture) : null;
        return kind switch
        {
            RoomEventKind.Join => Join(parts[1]),
            RoomEventKind.Leave => Leave(parts[1]),
            RoomEventKind.Title => Title(parts[1]),
            RoomEventKind.Role => Change(kind, parts[1], (RoomRole)number!),
            _ => Change(kind, parts[1], until: number),
        };
    }

    private static string Write(Member member)
    {
        var states = Until('m', member.MutedUntil) + Until('b', member.BannedUntil);
        return $"{member.User}:{member.Role}{(states.Length > 0 ? ":" : "")}{states}";

        static string Until(char state, long until) => until switch { 0 => "", MemberChange.Forever => $"{state}", _ => $"{state}{until}" };
    }
}
