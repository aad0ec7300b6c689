using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The members of a room: the members of a group from the log, or the users of a direct conversation. A change of a
/// group is appended as an event, and takes effect when the event is committed. Runs in the room's turns.
/// </summary>
/// <param name="queue">Appends the join and leave events.</param>
internal sealed class Membership(RoomOptions options, AppendQueue queue, TimeProvider time)
{
    private readonly HashSet<string> _members = [];
    private readonly Dictionary<string, Task<Refused?>> _joining = [];

    public IReadOnlyCollection<string> Members => _members;

    public bool Contains(string user) => _members.Contains(user);

    /// <summary>Replaces all members by the members from the log.</summary>
    public void Reset(IEnumerable<Member> members)
    {
        _members.Clear();
        _members.UnionWith(members.Where(member => Member.Is(member.Role)).Select(member => member.User));
    }

    /// <summary>Applies a committed event, if it is a join or a leave.</summary>
    public void Apply(RoomEvent committed)
    {
        if (committed.Kind == RoomEventKind.Join)
        {
            _members.Add(committed.From);
        }
        else if (committed.Kind == RoomEventKind.Leave)
        {
            _members.Remove(committed.From);
        }
    }

    /// <summary>
    /// Makes the user a member. Returns null when the membership is durable, otherwise the refusal. Two concurrent
    /// calls for one user append one event.
    /// </summary>
    public async Task<Refused?> JoinAsync(string user)
    {
        if (_members.Contains(user))
        {
            return null;
        }

        if (!_joining.TryGetValue(user, out var joining))
        {
            if (_members.Count + _joining.Count >= options.GroupMembers)
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
    /// Ends the user's membership. Returns <see cref="Done"/> when the change is durable, otherwise the refusal.
    /// </summary>
    public async Task<RoomReply> LeaveAsync(string user)
    {
        if (_joining.TryGetValue(user, out var joining))
        {
            await joining;
        }

        return !_members.Contains(user) ? Refusals.Done
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
