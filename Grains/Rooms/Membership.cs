using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The rights of a room's users. In a group, the log has them. In a direct room, its users are members. A change is
/// appended as an event, and takes effect when the event is committed. Runs in the room's turns.
/// </summary>
/// <param name="queue">Appends the join and leave events.</param>
internal sealed class Membership(RoomOptions options, AppendQueue queue, TimeProvider time)
{
    private readonly Dictionary<string, Task<Refused?>> _joining = [];

    /// <summary>The rights after the last committed event.</summary>
    public MemberTable Table { get; private set; } = new();

    public bool Contains(string user) => Member.Is(Table.Find(user).Role);

    /// <summary>Replaces all rights by the rights from the log.</summary>
    public void Reset(IEnumerable<Member> members)
    {
        Table = new();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var member in members)
        {
            // The row of a ban or mute that has ended is not needed.
            if (member.Role != RoomRole.None || member.MutedUntil > now || member.BannedUntil > now)
            {
                Table.Set(member);
            }
        }
    }

    /// <summary>Applies a committed event, if it changes the rights of a user.</summary>
    public void Apply(RoomEvent committed)
    {
        if (MemberRules.UserOf(committed.Kind, committed.From, committed.Text) is { } user)
        {
            Table.Set(MemberRules.Apply(Table.Find(user), committed.Seq, committed.Kind, committed.Text, committed.Meta));
        }
    }

    /// <summary>
    /// Returns null if the group's size limits allow the entry, otherwise the refusal. An entry that changes no user's
    /// rights is always allowed.
    /// </summary>
    public Refused? RefuseBound(MemberTable table, MessageLogEntry entry)
    {
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
    /// Makes the user a member. Returns null when the membership is durable, otherwise the refusal. Two concurrent
    /// calls for one user append one event.
    /// </summary>
    public async Task<Refused?> JoinAsync(string user)
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

            joining = AppendJoinAsync(user);
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
            : await AppendAsync(user, RoomEventKind.Leave) is Refused refused ? refused
            : Refusals.Done;
    }

    private async Task<Refused?> AppendJoinAsync(string user)
    {
        try
        {
            return await AppendAsync(user, RoomEventKind.Join) as Refused;
        }
        finally
        {
            _joining.Remove(user);
        }
    }

    /// <summary>Appends a join or leave event. Returns the answer when the event is durable or refused.</summary>
    private async Task<RoomReply> AppendAsync(string user, RoomEventKind kind)
    {
        var waiting = WaitingEntry.OfServer(user, kind, time.GetTimestamp());
        return queue.TryAdd(waiting) ? await waiting.Reply : Refusals.TooManyWait;
    }
}
