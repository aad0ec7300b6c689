using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>The last steps of an enter command: reads what the answer needs, and attaches the user.</summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// The reads of counts that are in flight. Each of them gets the events that the room commits during the read.
    /// </summary>
    private readonly List<CountedRead> _reads = [];

    private async Task<RoomReply> AttachAsync(Call call, Enter enter, Access access)
    {
        for (var attempt = 1; ; attempt++)
        {
            // Step 4 of EnterAsync: store the read mark, then read the facts and the counts.
            if (_marks.IsUnflushed(enter.User))
            {
                await _marks.FlushAsync(_stopping.Token);
            }

            var read = new CountedRead(enter.User);
            _reads.Add(read);
            CountedFacts? counted;
            try
            {
                counted = await _log.CountedFactsAsync(_room, enter.User, _stopping.Token);
            }
            finally
            {
                _reads.Remove(read);
            }

            if (counted is not { Facts: var facts })
            {
                return Refusals.NoRoom;
            }

            // The log may be newer than this activation's list of members. For example, another activation may have
            // appended a leave event. Also, a commit of this activation may have ended the membership during the read.
            if ((RoomRights.RefuseRead(_room, facts.Kind, facts.Role, facts.BannedUntil > Now, access) ?? RefuseRead(enter.User, access)) is { } outsider)
            {
                return outsider;
            }

            // Step 5 of EnterAsync: attach. In each RoomOwnershipState:
            // - Unclaimed: cannot occur, because step 1 found or created the room.
            // - Owned, Unsure: attach. If the append with the unknown outcome has committed, the next claim publishes
            //   its events.
            // - Deactivating, Lost: refuse, so that the gateway attaches the user to the next activation.
            if (_ownership.RefusesCommands || IsOvertaken(call))
            {
                return Refusals.Moving;
            }

            if (!_attached.Contains(enter.User) && _attached.Count >= RoomOptions.AttachedUsers)
            {
                return Refusals.Full;
            }

            // During the read, the user's mark may have moved, or a message that the read counted may have been
            // deleted. In both cases read again. The last attempt answers with the counts that it has read.
            var counts = _marks.IsAfter(enter.User, facts.Read) ? null : read.CountsAt(_head, counted);
            if (counts is not null || attempt == RoomOptions.CountReads)
            {
                return Attach(call, enter, access, facts, counts ?? counted.Counts);
            }
        }
    }

    private Entered Attach(Call call, Enter enter, Access access, RoomFacts facts, UnreadCounts counts)
    {
        Attach(call.Gateway, enter.User, byName: true, access);
        var read = _marks.Learn(enter.User, facts.Read);

        // If the log has a newer head, another activation owns the room, and this activation has not noticed it. Then
        // answer with the facts of the log.
        var (head, messages) = facts.Seq > _head ? (facts.Seq, facts.Messages) : (_head, _messages);
        var role = _ownership.Claim!.Kind != RoomKind.Group ? RoomRole.None
            : facts.Seq > _head ? facts.Role
            : _membership.Table.Find(enter.User).Role;
        return new Entered(
            _ownership.Claim.Kind, _ownership.Claim.Epoch, head, messages, read, counts.Unread,
            VisibleTo(enter.User).Count, new PresenceVersion(_ownership.FirstNumber, _presence.Version), role, _title,
            _settings == RoomSettings.Default(_room) ? null : _settings, counts.Mentions, counts.HasMore);
    }
}
