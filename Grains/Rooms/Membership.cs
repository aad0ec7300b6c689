using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The rights of a room's users, and the invitation links of a group. The rights and links of a group come from the
/// log. The members of a direct room are the users that its key names. A change is appended as an event, and takes
/// effect when the event is committed. Not thread-safe: all code of this class runs on the room grain's task scheduler.
/// </summary>
/// <param name="queue">Appends the join and leave events.</param>
internal sealed class Membership(RoomOptions options, AppendQueue queue, TimeProvider time)
{
    private readonly Dictionary<string, Task<Refused?>> _joining = [];

    /// <summary>The rights after the last committed event.</summary>
    public MemberTable Table { get; private set; } = new();

    /// <summary>The links after the last committed event.</summary>
    public LinkTable Links { get; private set; } = LinkTable.Empty;

    public bool Contains(string user) => Member.Is(Table.Find(user).Role);

    /// <summary>Replaces all rights and links with the given ones, which come from the log.</summary>
    public void Reset(IEnumerable<Member> members, IReadOnlyList<RoomLink> links)
    {
        Table = new();
        Links = new(links);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var member in members)
        {
            // Leave out users who have no role and whose ban or mute has ended.
            if (member.Role != RoomRole.None || member.MutedUntil > now || member.BannedUntil > now)
            {
                Table.Set(member);
            }
        }
    }

    /// <summary>Applies a committed event, if it changes the rights of a user or the links.</summary>
    public void Apply(RoomEvent committed)
    {
        Links = Links.Apply(committed.Seq, committed.Ts, committed.Kind, committed.From, committed.Ref, committed.Meta);
        if (MemberRules.UserOf(committed.Kind, committed.From, committed.Text) is { } user)
        {
            Table.Set(MemberRules.Apply(Table.Find(user), committed.Seq, committed.Kind, committed.Text, committed.Meta));
        }
    }

    /// <summary>
    /// Returns null if the group's size limits allow the entry, otherwise the refusal. An entry that changes neither a
    /// user's rights nor the links is always allowed.
    /// </summary>
    public Refused? RefuseBound(MemberTable table, LinkTable links, MessageLogEntry entry)
    {
        if (entry.Kind == RoomEventKind.Link && LinkTerms.Parse(entry.Meta) is { } terms)
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            return links.Find(terms.Hash, now) is not null ? Refusals.CodeTaken
                : links.CountAt(now) >= LinkRules.MaxLinks ? Refusals.TooManyLinks
                : null;
        }

        if (MemberRules.UserOf(entry.Kind, entry.User, entry.Text) is not { } user)
        {
            return null;
        }

        var before = table.Find(user);
        var after = MemberRules.Apply(before, long.MaxValue, entry.Kind, entry.Text, entry.Meta);
        return entry.Kind switch
        {
            RoomEventKind.Join when Member.Is(after.Role) && !Member.Is(before.Role) && table.Members >= options.GroupMembers => Refusals.Full,
            RoomEventKind.Invite when after.Role != before.Role && table.Invited >= options.GroupMembers => Refusals.TooManyInvited,
            RoomEventKind.Ban or RoomEventKind.Mute when before is { MutedUntil: 0, BannedUntil: 0 } && IsFullOfRestrictions(table)
                => Refusals.TooManyRestricted,
            _ => null,
        };
    }

    private bool IsFullOfRestrictions(MemberTable table)
        => table.Restricted >= options.GroupMembers && table.RestrictedAt(time.GetUtcNow().ToUnixTimeMilliseconds()) >= options.GroupMembers;

    /// <summary>
    /// Makes the user a member. Returns null when the membership is durable, otherwise the refusal. Concurrent calls
    /// for the same user append only one event.
    /// </summary>
    /// <param name="link">
    /// The sequence of the invitation link that lets the user in; null if the user may join without a link.
    /// </param>
    public async Task<Refused?> JoinAsync(string user, Access access, long? link = null)
    {
        if (Contains(user))
        {
            return null;
        }

        if (!_joining.TryGetValue(user, out var joining))
        {
            if (Table.Members + _joining.Count >= options.GroupMembers)
            {
                return Refusals.Full;
            }

            joining = AppendJoinAsync(user, access, link);
            if (!joining.IsCompleted)
            {
                _joining[user] = joining;
            }
        }

        return await joining;
    }

    /// <summary>
    /// Ends the user's membership, or the user's invitation. Returns <see cref="Done"/> when the change is durable,
    /// otherwise the refusal.
    /// </summary>
    public async Task<RoomReply> LeaveAsync(string user)
    {
        if (_joining.TryGetValue(user, out var joining))
        {
            await joining;
        }

        return Table.Find(user).Role == RoomRole.None ? Refusals.Done
            : await AppendAsync(user, RoomEventKind.Leave, default) is Refused refused ? refused
            : Refusals.Done;
    }

    private async Task<Refused?> AppendJoinAsync(string user, Access access, long? link)
    {
        try
        {
            return await AppendAsync(user, RoomEventKind.Join, access, link) as Refused;
        }
        finally
        {
            _joining.Remove(user);
        }
    }

    /// <summary>Appends a join or leave event. Returns the answer when the event is durable or refused.</summary>
    private async Task<RoomReply> AppendAsync(string user, RoomEventKind kind, Access access, long? link = null)
    {
        var waiting = WaitingEntry.OfServer(user, kind, time.GetTimestamp(), reference: link, access: access);
        return queue.TryAdd(waiting) ? await waiting.Reply : Refusals.TooManyWait;
    }
}
