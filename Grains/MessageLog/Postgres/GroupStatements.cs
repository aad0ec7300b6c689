using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>
/// The parts of <see cref="AppendStatement"/> that apply the events of groups to the members and the invitation links.
/// The numbers in the SQL are values of <see cref="RoomEventKind"/>, <see cref="RoomKind"/> and <see cref="RoomRole"/>.
/// </summary>
internal static class GroupStatements
{
    /// <summary>Applies the events to the members, as <see cref="MemberRules"/> says.</summary>
    /// <remarks>
    /// A user may join and leave several times in one append. <c>turned</c> has the one event that counts: the last one
    /// whose kind differs from the kind of the user's event before it. For example, if the events are join, leave,
    /// leave, the first leave counts, because the second leave changes nothing. <c>both_ways</c> is true if the append
    /// has an event of the other kind before this event. If the row of a user is deleted, <c>ended</c> records this in
    /// <c>chat.conversations</c>, for the user's list of conversations.
    /// </remarks>
    public const string ChangeMembers =
        """
        , changes as (
            select room, case when kind < 7 then usr else text end as usr, kind, seq, n,
                case when kind in (9, 11) then coalesce((meta::json ->> 'until')::bigint, 9223372036854775807) end as until,
                case when kind = 13 then (meta::json ->> 'role')::smallint end as given
            from fresh where room_kind = 1 and kind between 5 and 13),
        turned as (
            select distinct on (room, usr) * from (
                select *, lag(kind) over so_far = kind as repeats, min(kind) over so_far <> max(kind) over so_far as both_ways
                from changes window so_far as (partition by room, usr order by n)) c
            where repeats is not true order by room, usr, n desc),
        changed as (
            select t.room, t.usr, t.seq, t.both_ways or (t.kind = 7 and not was.is_member) as begins, was.since, was.is_member, was.role as was_role,
                case
                    when t.kind in (6, 8, 9) then 0
                    when t.kind = 5 and (t.both_ways or not was.is_member) then case when t.seq = 1 then 3 else 1 end
                    when t.kind = 7 and not was.is_member then 4
                    when t.kind = 13 and was.is_member then coalesce(t.given, was.role)
                    else was.role end as role,
                case t.kind when 11 then t.until when 12 then 0 else was.muted end as muted,
                case t.kind when 9 then t.until when 10 then 0 else was.banned end as banned
            from turned t cross join lateral (
                select max(m.since) as since, coalesce(max(m.role), 0) as role, coalesce(max(m.muted), 0) as muted,
                    coalesce(max(m.banned), 0) as banned, coalesce(max(m.role) between 1 and 3, false) as is_member
                from chat.members m where m.room = t.room and m.usr = t.usr) was),
        kept as (
            insert into chat.members as m(room, usr, since, role, muted, banned, changed)
            select room, usr, case when begins or is_member <> (role between 1 and 3) then seq else coalesce(since, seq) end,
                role, muted, banned, pg_current_xact_id()::text::bigint
            from changed where role <> 0 or muted <> 0 or banned <> 0
            on conflict (room, usr) do update set
                since = excluded.since, role = excluded.role, muted = excluded.muted, banned = excluded.banned, changed = excluded.changed
            where (m.since, m.role, m.muted, m.banned) is distinct from (excluded.since, excluded.role, excluded.muted, excluded.banned)),
        gone as (
            delete from chat.members m using changed c
            where c.role = 0 and c.muted = 0 and c.banned = 0 and m.room = c.room and m.usr = c.usr),
        ended as (
            insert into chat.conversations(usr, room, changed)
            select usr, room, pg_current_xact_id()::text::bigint from changed where role = 0 and was_role > 0
            on conflict (usr, room) do update set changed = excluded.changed)

        """;

    /// <summary>Applies the events to the invitation links, as <see cref="LinkRules"/> says.</summary>
    /// <remarks>
    /// A link or unlink event is the only entry of its append. So in one statement, only one of these parts changes the
    /// links of a room. An append may have several joins, so <c>used</c> can count several uses of one link.
    /// </remarks>
    public const string ChangeLinks =
        """
        , linked as (
            insert into chat.links(room, seq, usr, hash, max_uses, until, used)
            select room, seq, usr, meta::json ->> 'hash', (meta::json ->> 'uses')::integer, (meta::json ->> 'until')::bigint, 0
            from fresh where room_kind = 1 and kind = 16),
        unlinked as (
            delete from chat.links l using fresh f
            where f.room_kind = 1 and l.room = f.room
                and ((f.kind = 16 and (l.until <= f.ts or l.used >= l.max_uses)) or (f.kind = 17 and l.seq = f.ref))),
        used as (
            update chat.links l set used = l.used + u.uses
            from (
                select room, ref, count(*)::integer as uses from fresh
                where room_kind = 1 and kind = 5 and ref is not null group by room, ref) u
            where l.room = u.room and l.seq = u.ref)

        """;
}
