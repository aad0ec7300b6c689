using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace OrleansChat.Protocol.Tests;

/// <summary>Generates commands and frames of every type, within the limits.</summary>
internal static class Generated
{
    private static readonly Gen<string> Character = Gen.Frequency(
        (6, Gen.Choose(0x20, 0x7E).Select(code => ((char)code).ToString())),
        (2, Gen.Elements("\"", "\\", "\n", "\r", "\t", "\u0001", "\u007f", "\u0085", "\u2028", "/", "<")),
        (2, Gen.Elements("é", "ß", "中", "א", "\u0301", "\u200d", "\ufffd", "\uffff", "😀", "👨‍👩‍👧", "\U0010FFFF")));

    public static readonly Gen<string> Text = Character.NonEmptyListOf().Select(string.Concat);

    private static readonly Gen<string> Short = Character.ArrayOf(8).Select(string.Concat);

    private static readonly Gen<string> User = Gen.Elements("alice", "bob", "张三", "é", "😀", "o'neil", "\"q\"", "a\\b", "ann@x.org", "auth0|a:b", "guest-1");

    private static readonly Gen<string> Room =
        Gen.OneOf(Gen.Elements("a", "lobby", "a.b_c-9", new string('x', 64), "~" + new string('7', 26)), User.Select(RoomReference.Direct));

    private static readonly Gen<long> Seq = Gen.OneOf(Gen.Choose(1, 100).Select(seq => (long)seq), Gen.Elements(1L << 40, long.MaxValue));

    private static readonly Gen<string> Code = Gen.Elements(new string('a', 26), new string('7', 64));

    private static readonly Gen<int> Count = Gen.Choose(0, 1000);

    private static readonly Gen<bool> Either = Gen.Elements(true, false);

    private static readonly Gen<MemberRole> Role = Gen.Elements(Enum.GetValues<MemberRole>());

    private static readonly Gen<GroupActions> Actions = Gen.Choose(0, (int)GroupActions.All).Select(actions => (GroupActions)actions);

    private static readonly Gen<GroupSettings?> Settings =
        from isPrivate in Either
        from members in Actions
        from moderators in Actions
        from slow in Maybe(Gen.Choose(1, Bounds.SlowSeconds))
        from absent in Either
        select absent ? null : new GroupSettings(isPrivate, members, moderators, slow);

    private static readonly Gen<string> Meta =
        Gen.Elements("{}", """{"me":true}""", """{"a":[1,-2.5e3,{"b":null}],"é😀":"\u00e9\n"}""", """{"":{"t":"ping"}}""");

    public static readonly Gen<ClientCommand> Command = Gen.OneOf(
        Of(from id in Maybe(Short) from token in Maybe(Short) from device in Maybe(Short) from rooms in Cursors select new Hello(id, token, device, rooms)),
        Of(from id in Maybe(Short) from limit in Gen.Choose(1, 100) from since in Maybe(Short) select new Hello(id, null, null, [], limit, since)),
        Of(from id in Maybe(Short)
           from room in Room
           from after in Maybe(Seq)
           from epoch in Maybe(Short)
           from kind in Maybe(Gen.Elements("channel", "group"))
           from link in Maybe(Code)
           select new Join(id, room, after, epoch, null, kind, false, link)),
        Of(from id in Maybe(Short) from room in Room from last in Gen.Choose(1, 500) select new Join(id, room, null, null, last, null)),
        Of(from id in Maybe(Short) from room in Room from keep in Either select new Leave(id, room, keep)),
        Of(from id in Short
           from room in Room
           from text in Text
           from reply in Maybe(Seq)
           from meta in Maybe(Meta)
           from mentions in Mentions
           select new Send(id, room, EventKind.Msg, text, null, reply, meta, Mentions: mentions)),
        Of(from id in Short
           from room in Room
           from text in Short
           from reference in Seq
           from meta in Maybe(Meta)
           from kind in Gen.Elements(EventKind.Edit, EventKind.Delete, EventKind.React, EventKind.Unreact)
           select new Send(id, room, kind, kind == EventKind.Delete ? null : "👍", reference, null, meta)),
        Of(from id in Short
           from room in Room
           from user in User
           from until in Maybe(Seq)
           from kind in Gen.Elements(EventKind.Invite, EventKind.Kick, EventKind.Ban, EventKind.Unban, EventKind.Mute, EventKind.Unmute)
           select new Send(id, room, kind, null, null, null, null, user, null, kind is EventKind.Ban or EventKind.Mute ? until : null)),
        Of(from id in Short
           from room in Room
           from user in User
           from role in Gen.Elements(MemberRole.Owner, MemberRole.Moderator, MemberRole.Member)
           select new Send(id, room, EventKind.Role, null, null, null, null, user, role)),
        Of(from id in Short
           from room in Room
           from code in Code
           from uses in Maybe(Gen.Choose(1, Bounds.LinkUses))
           from until in Maybe(Seq)
           select new Send(id, room, EventKind.Link, null, null, null, null, Until: until, Code: code, Uses: uses)),
        Of(from id in Short from room in Room from link in Seq select new Send(id, room, EventKind.Unlink, null, link, null, null)),
        Of(from id in Short from room in Room select new Send(id, room, EventKind.Title, "Pläne 😀", null, null, null)),
        Of(from id in Short
           from room in Room
           from isPrivate in Maybe(Either)
           from members in Maybe(Actions)
           from moderators in Maybe(Actions)
           from slow in Maybe(Gen.Choose(0, Bounds.SlowSeconds))
           select new Send(id, room, EventKind.Settings, null, null, null, null, Settings: new(isPrivate, members, moderators, slow))),
        Of(from id in Short
           from room in Room
           from message in Seq
           from kind in Gen.Elements(EventKind.Pin, EventKind.Unpin)
           select new Send(id, room, kind, null, message, null, null)),
        Of(from id in Maybe(Short) from room in Room select new History(id, room, null, null, null, 100, Pinned: true)),
        Of(from id in Maybe(Short) from room in Room from before in Maybe(Seq) select new History(id, room, before, null, null, 100, Changes: true)),
        Of(from id in Maybe(Short) from room in Room from after in Seq select new History(id, room, null, after, null, 100, Changes: true)),
        Of(from id in Maybe(Short) from title in Maybe(Gen.Constant("Plans")) select new Create(id, title)),
        Of(from id in Maybe(Short) from room in Room from after in Maybe(User) from limit in Gen.Choose(1, 200) select new Members(id, room, after, limit)),
        Of(from id in Maybe(Short) from room in Room from read in Seq select new Mark(id, room, read)),
        Of(from id in Maybe(Short) from room in Room select new Typing(id, room)),
        Of(from id in Maybe(Short) from room in Room from before in Seq from limit in Gen.Choose(1, 100) select new History(id, room, before, null, null, limit)),
        Of(from id in Maybe(Short) from room in Room from after in Seq from limit in Gen.Choose(1, 100) select new History(id, room, null, after, null, limit)),
        Of(from id in Maybe(Short) from room in Room from around in Maybe(Seq) select new History(id, room, null, null, around, 100)),
        Of(from id in Maybe(Short) from room in Room from before in Maybe(Seq) from thread in Seq select new History(id, room, before, null, null, 100, thread)),
        Of(from id in Maybe(Short) from room in Room from after in Seq from thread in Seq select new History(id, room, null, after, null, 100, thread)),
        Of(from id in Maybe(Short) from room in Room from message in Seq select new Readers(id, room, message)),
        Of(from id in Maybe(Short) from user in User select new Block(id, user)),
        Of(from id in Maybe(Short) from user in User select new Unblock(id, user)),
        Of(from id in Maybe(Short) select new Blocks(id)),
        Of(from id in Maybe(Short) from room in Room from message in Seq from text in Maybe(Short) select new Report(id, room, message, text)),
        Of(from id in Maybe(Short) from room in Room from limit in Gen.Choose(1, 100) select new Reports(id, room, limit)),
        Of(from id in Maybe(Short) from room in Room from message in Seq select new Dismiss(id, room, message)),
        Of(from id in Maybe(Short) from room in Room select new Who(id, room)),
        Of(from id in Maybe(Short) from before in Maybe(Seq) from room in Maybe(Room) select new Conversations(id, before, room, 100)),
        Of(from id in Maybe(Short) from since in Short select new Conversations(id, null, null, 100, since)),
        Of(from id in Maybe(Short)
           from room in Room
           from pinned in Either
           from archived in Maybe(Either)
           from hidden in Maybe(Either)
           from followed in Maybe(Either)
           from muted in Maybe(Seq)
           select new SetConversation(id, room, pinned, archived, hidden, followed, muted)),
        Of(from id in Maybe(Short) select new Ping(id)),
        Of(from id in Maybe(Short) from token in Short select new Auth(id, token)));

    public static readonly Gen<ChatEvent> Event =
        from room in Room
        from seq in Seq
        from ts in Seq
        from user in User
        from kind in Gen.Elements(Enum.GetValues<EventKind>())
        from text in Maybe(Text)
        from reference in Maybe(Seq)
        from reply in Maybe(Seq)
        from meta in Maybe(Meta)
        from id in Maybe(Short)
        from edited in Either
        from changed in Maybe(User)
        from role in Maybe(Role)
        from until in Maybe(Seq)
        from settings in Settings
        from uses in Maybe(Count)
        from replies in Maybe(Count)
        from mentions in Mentions
        select new ChatEvent(
            room, seq, ts, user, kind, text, reference, reply, meta, id, edited, changed, role, until, settings, uses, replies, mentions);

    private static readonly Gen<ConversationEntry> Conversation =
        from room in Room
        from seq in Seq
        from ts in Seq
        from user in User
        from kind in Gen.Elements(Enum.GetValues<EventKind>())
        from text in Maybe(Text)
        from changed in Maybe(User)
        from hasLast in Either
        from pinned in Either
        from muted in Maybe(Seq)
        from mentions in Maybe(Seq)
        from hasMore in Either
        select new ConversationEntry(
            room, "group", seq, ts, seq, ts, null, text, hasLast ? new(seq, ts, user, kind, text, changed) : null, !pinned, pinned, !pinned, muted,
            mentions, hasMore);

    public static readonly Gen<ServerFrame> Frame = Gen.OneOf(
        Said(from id in Maybe(Short)
             from user in User
             from exp in Maybe(Seq)
             from limit in Gen.Choose(1, 1000)
             select new Welcome(id, user, "s", new ProtocolLimits { TextCharacters = limit, ReplayEvents = limit + 1 }, limit, limit, exp)),
        Said(from id in Maybe(Short)
             from room in Room
             from seq in Seq
             from epoch in Short
             from count in Count
             from reset in Either
             from role in Maybe(Role)
             from title in Maybe(Text)
             from settings in Settings
             from mentions in Maybe(Seq)
             from hasMore in Either
             select new Joined(id, room, "group", seq, epoch, seq, 0, count, count, reset, role, title, settings, mentions, hasMore)),
        Said(Event),
        Said(from id in Maybe(Short)
             from room in Maybe(Room)
             from seq in Maybe(Seq)
             from ts in Maybe(Seq)
             from dup in Either
             from exp in Maybe(Seq)
             select new Ok(id, room, seq, ts, dup, exp)),
        Said(from id in Maybe(Short)
             from code in Gen.Elements(Enum.GetValues<ChatErrorCode>())
             from message in Text
             from retry in Maybe(Count)
             from room in Maybe(Room)
             select new Err(id, code, message, retry, room)),
        Said(from id in Maybe(Short)
             from room in Room
             from events in Event.ListOf()
             from seq in Seq
             from more in Either
             select new Page(id, room, events, seq, seq, more)),
        Said(from id in Maybe(Short)
             from room in Room
             from count in Count
             from users in User.ListOf()
             from named in Either
             select new WhoIs(id, room, count, named ? users : null)),
        Said(from id in Maybe(Short)
             from rooms in Conversation.ListOf()
             from more in Either
             from cursor in Maybe(Short)
             from removed in Room.ListOf()
             from isDelta in Either
             from reset in Either
             select new ConversationList(id, rooms, more, cursor, isDelta ? removed : null, reset)),
        Said(from room in Room select new ConversationChanged(room)),
        Said(from id in Maybe(Short)
             from room in Room
             from members in (from user in User from role in Maybe(Role) from muted in Maybe(Seq) from banned in Maybe(Seq) select new MemberEntry(user, role, muted, banned)).ListOf()
             from more in Either
             select new MemberList(id, room, members, more)),
        Said(from id in Maybe(Short)
             from room in Room
             from message in Seq
             from users in User.ListOf()
             from more in Either
             select new ReaderList(id, room, message, users, more)),
        Said(from id in Maybe(Short) from users in User.ListOf() select new BlockList(id, users)),
        Said(from id in Maybe(Short)
             from room in Room
             from reports in (from message in Seq from author in User from user in User from ts in Seq from text in Maybe(Short) select new ReportEntry(message, author, user, ts, text)).ListOf()
             from more in Either
             select new ReportList(id, room, reports, more)),
        Said(from room in Room from title in Maybe(Text) select new Invited(room, title)),
        Said(from room in Room from user in User select new TypingNow(room, user)),
        Said(from room in Room from user in Maybe(User) from online in Maybe(Either) from count in Count select new Presence(room, user, online, count)),
        Said(from room in Room from user in User from read in Seq select new MarkMoved(room, user, read)),
        Said(from room in Room from first in Seq from last in Seq select new Gap(room, first, last)),
        Said(from room in Room from reason in Short select new Left(room, reason)),
        Said(from code in Gen.Elements(Enum.GetValues<CloseCode>()) from after in Maybe(Count) from reason in Text select new Bye(code, after, reason)),
        Said(from id in Maybe(Short) select new Pong(id)));

    /// <summary>Arbitrary bytes. Bytes with a meaning in JSON are frequent.</summary>
    public static readonly Gen<byte[]> Bytes =
        Gen.OneOf(Gen.Choose(0, 255).Select(value => (byte)value), Gen.Elements("{}[]\":,\\\n \tu09-tfn"u8.ToArray())).ArrayOf();

    /// <summary>Frames that were valid until some of their bytes were removed, doubled or overwritten.</summary>
    public static readonly Gen<byte[]> Damaged =
        from commands in Command.NonEmptyListOf()
        from damage in Gen.Zip(Gen.Choose(0, int.MaxValue - 1), Bytes).NonEmptyListOf()
        select damage.Aggregate(Frames(commands), Damage);

    /// <summary>Returns one frame that contains these commands, one per line.</summary>
    public static byte[] Frames(IEnumerable<ClientCommand> commands) => Encoding.UTF8.GetBytes(string.Join('\n', commands.Select(Wire.Written)));

    private static Gen<IReadOnlyList<string>?> Mentions => User.ListOf().Select(
        users => (IReadOnlyList<string>?)(users.Distinct().Take(Bounds.MentionsPerMessage - 1).Append(Mention.Everyone).ToList() is { Count: > 1 } names ? names : null));

    private static Gen<IReadOnlyList<ResumeRoom>> Cursors =>
        (from room in Room from seq in Seq from epoch in Maybe(Short) select new ResumeRoom(room, seq, epoch))
        .ListOf().Select(rooms => (IReadOnlyList<ResumeRoom>)[.. rooms.DistinctBy(room => room.Room)]);

    private static byte[] Damage(byte[] frame, (int At, byte[] With) damage)
    {
        var at = damage.At % (frame.Length + 1);
        var length = Math.Min(damage.With.Length, frame.Length - at);
        return (damage.At % 3) switch
        {
            0 => [.. frame[..at], .. frame[(at + length)..]],
            1 => [.. frame[..(at + length)], .. frame[at..]],
            _ => [.. frame[..at], .. damage.With, .. frame[(at + length)..]],
        };
    }

    private static Gen<ClientCommand> Of<T>(Gen<T> command)
        where T : ClientCommand => command.Select(ClientCommand (one) => one);

    private static Gen<ServerFrame> Said<T>(Gen<T> frame)
        where T : ServerFrame => frame.Select(ServerFrame (one) => one);

    private static Gen<string?> Maybe(Gen<string> value) => Gen.OneOf(value.Select(string? (one) => one), Gen.Constant<string?>(null));

    private static Gen<T?> Maybe<T>(Gen<T> value)
        where T : struct => Gen.OneOf(value.Select(T? (one) => one), Gen.Constant<T?>(null));
}
