using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Decides each kind of command: answers the command, or queues its entry.</summary>
internal sealed partial class RoomGrain
{
    private async ValueTask<(RoomReply? Now, WaitingEntry? Later)> PostAsync(Call call, Post post, Access access)
    {
        var exists = await KnowAsync();
        if (!exists && (!IsDirect || post.Kind != RoomEventKind.Msg))
        {
            return (!IsDirect ? Refusals.NoRoom : RoomRights.NeedsGroup(post.Kind) ? Refusals.OnlyGroups : Refusals.NoMessage, null);
        }

        var waiting = WaitingEntry.Create(post, _time.GetTimestamp(), access);
        if (!exists)
        {
            // The room does not exist, so no claim has read the blocks. Read them now, before the user pays for the
            // creation.
            Apply(await ReadDirectAsync());
            if (RefuseEvent(waiting, _membership.Table, _membership.Links) is { } denied)
            {
                return (denied, null);
            }
        }

        if (exists && !Member.Is(Standing(post.User, _membership.Table).Role) && RoomKey.IsPrivate(_room)
            && RefuseEvent(waiting, _membership.Table, _membership.Links) is { Reason: Refusal.NotFound } stranger)
        {
            // This check comes before all others, because this user must get the same answer as for a room that does
            // not exist.
            return (await FirstAnswerAsync(waiting.Entry) ?? stranger, null);
        }

        // Check the entry before it joins a batch. If no store can accept it, the batch would fail with the entries of
        // other users.
        AppendCheck.ThrowIfNotStorable(_room, waiting.Entry);

        // The first message of a direct room creates the room. A message that is not allowed must not be charged.
        if (!exists && (RefuseEvent(waiting, _membership.Table, _membership.Links) ?? await PayAsync(post.User)) is { } notCreated)
        {
            return (notCreated, null);
        }

        if (RefuseEvent(waiting, _membership.Table, _membership.Links) is { } refusal)
        {
            if (!Member.Is(Standing(post.User, _membership.Table).Role) && WillBeRetried(call, Refusals.NotMember))
            {
                return (Refusals.NotMember, null);
            }

            // While a change of rights waits in the queue, the sender's rights are not known yet. The post is then
            // queued and decided again before its append.
            if (!RightsMayChange)
            {
                // The post may be a repetition: the user may have had the rights when the same post was first sent, and
                // the answer may have been lost. A repetition gets the first answer.
                return (await FirstAnswerAsync(waiting.Entry) ?? refusal, null);
            }
        }

        if (RoomRights.NeedsMessage(post.Kind) && await RefuseTargetAsync(post, waiting) is { } unfit)
        {
            // The command may be a repetition of a command that succeeded. For example, a repeated deletion finds that
            // its message is gone. A repetition gets the first answer.
            return (await FirstAnswerAsync(waiting.Entry) ?? unfit, null);
        }

        if (RoomRights.NeedsVersion(post.Kind) && !await _gate.IsOpenAsync())
        {
            return (Refusals.NeedsUpgrade, null);
        }

        if (post.Kind == RoomEventKind.Invite && await RefuseInviteAsync(waiting) is { } answer)
        {
            return (answer, null);
        }

        if (exists && await RefuseSlowAsync(waiting) is { } slow)
        {
            return (slow, null);
        }

        if (waiting.Entry.Mentions is not null)
        {
            await LeaveOutBlockersAsync(waiting);
        }

        // If waiting entries were refused since the call began, an earlier post of this call may have failed. This post
        // is then refused too, so that it does not overtake the earlier post.
        return _queue.Refusals != call.Refusals ? (Refusals.MessageLogUnavailable, null)
            : _queue.TryAdd(waiting) ? (null, waiting)
            : (Refusals.TooManyWait, null);
    }

    /// <summary>
    /// Attaches a user. In a group, the user first becomes a member, unless the user may only read the group.
    /// </summary>
    /// <remarks>
    /// <list type="number">
    /// <item>Find the room, or create it. The creation is charged to the user's budget.</item>
    /// <item>Check what the command requires of the room and of the user.</item>
    /// <item>In a group, make the user a member, and wait until the membership is durable. The join is charged to the
    /// user's budget.</item>
    /// <item>Store the user's read mark in the log, then read from the log the facts about the room and the user, and
    /// the user's counts.</item>
    /// <item>Attach the user and answer with the head and the counts. Nothing is awaited in this step, so the gateway
    /// receives every event after that head.</item>
    /// </list>
    /// Steps 4 and 5 are in <see cref="AttachAsync"/>. Steps 1 to 4 may wait. If the gateway makes a newer call during
    /// a wait, or the activation loses the room, the user is not attached.
    /// </remarks>
    private async Task<RoomReply> EnterAsync(Call call, Enter enter, Access access)
    {
        if (enter.Create == RoomKind.Direct && !IsDirect)
        {
            return Refusals.OtherKind;
        }

        // Step 1: find or create.
        if (!await KnowAsync())
        {
            // Entering a direct room without a message attaches no user. The first message notifies both users, and
            // their gateways then attach them. If the notification is lost, the gateway's head poller finds the room.
            if (UncreatedRoom.Answer(_room, enter) is { } absent)
            {
                return absent;
            }

            // A user who may only read must not create a group, because the group would have no member.
            var (created, creator) = (StateOf(_membership.Table) with { Kind = enter.Create!.Value }, new Member(enter.User, RoomRole.None));
            if ((enter.Create == RoomKind.Group
                ? RoomRights.RefuseJoin(created, creator, creates: true, access)
                : RoomRights.RefuseEnter(created, creator, enter.AsMember, creates: true, null, access)) is { } denied)
            {
                return denied;
            }

            if (RoomKey.IsPrivate(_room) && !await _gate.IsOpenAsync())
            {
                return Refusals.NeedsUpgrade;
            }

            // Check this before the creation, so that no group is created for a user who cannot join it.
            if (enter.Create == RoomKind.Group && await HasTooManyGroupsAsync(enter.User))
            {
                return Refusals.TooManyGroups;
            }

            if (await PayAsync(enter.User) is { } unpaid)
            {
                return unpaid;
            }

            await CreateAsync(enter.Create.Value);
        }

        if (IsOvertaken(call))
        {
            return Refusals.Moving;
        }

        // Step 2: check. The rights come first. Otherwise the refusal OtherKind would show an outsider that the room
        // exists.
        if (RefuseEnter(enter, access, out var joins, out var link) is { } stranger)
        {
            return stranger;
        }

        if (enter.Require is { } kind && kind != _ownership.Claim!.Kind)
        {
            return Refusals.OtherKind;
        }

        // Step 3: make the user a member, unless the user may only read.
        if (joins && (await RefuseJoinAsync(enter.User) ?? await _membership.JoinAsync(enter.User, access, link)) is { } refused)
        {
            return refused;
        }

        return await AttachAsync(call, enter, access);
    }

    private async Task<RoomReply> ExitAsync(Call call, Exit exit)
    {
        if (!exit.Stays)
        {
            Detach(call.Gateway, exit.User);
        }

        if (!exit.EndMembership || !await KnowAsync() || _ownership.Claim!.Kind != RoomKind.Group)
        {
            return exit.Declines ? Refusals.NotMember : Refusals.Done;
        }

        if (IsOvertaken(call))
        {
            return Refusals.Moving;
        }

        var table = _membership.Table;
        if (exit.Declines && table.Find(exit.User).Role != RoomRole.Invited)
        {
            return Refusals.NotMember;
        }

        // While a change of rights waits in the queue, the room does not know yet whether another owner remains. The
        // leave event is then queued and decided again before its append.
        return RoomRights.RefuseLeave(StateOf(table), table.Find(exit.User)) is { } refused && !RightsMayChange
            ? refused
            : await _membership.LeaveAsync(exit.User);
    }

    private async Task<RoomReply> MarkAsync(MarkRead mark, Access access)
    {
        if (!await KnowAsync())
        {
            return UncreatedRoom.Answer(_room, mark)!;
        }

        if (RoomRights.RefuseMark(StateOf(_membership.Table), Standing(mark.User, _membership.Table), access) is { } outsider)
        {
            return outsider;
        }

        if (!_marks.Knows(mark.User) && await _log.FactsAsync(_room, mark.User, _stopping.Token) is { } facts)
        {
            _marks.Learn(mark.User, facts.Read);
        }

        var read = Math.Min(mark.Read, _head);
        if (_marks.TryMove(mark.User, read))
        {
            _publisher.Publish(new RoomMark(_room, mark.User, read, OwnOnly: HidesUsers));
        }

        return Refusals.Done;
    }

    /// <summary>
    /// Checks the message that a command refers to, and records its author. Returns null if the command is allowed.
    /// </summary>
    /// <remarks>
    /// The message may be deleted between this check and the append of the command. The room notices the deletion in
    /// each of these cases:
    /// <list type="bullet">
    /// <item>If a batch with the deletion commits while the command waits, <see cref="AppendQueue.Deleted"/> marks the
    /// waiting entry.</item>
    /// <item>If the deletion is in the same batch as the command, <see cref="RoomBatch.TryAdd"/> leaves the command for
    /// the next batch.</item>
    /// <item>If the deletion is committed while this method reads the log, <see cref="_recent"/> has the deletion. This
    /// method checks <see cref="_recent"/> again after the read.</item>
    /// <item>If an earlier activation or an append with an unknown outcome made the deletion, it is in the log before
    /// this activation's claim returns.</item>
    /// </list>
    /// </remarks>
    private async ValueTask<Refused?> RefuseTargetAsync(Post post, WaitingEntry waiting)
    {
        if (post.Ref is not { } seq || seq < 1 || !await OwnAsync())
        {
            return Refusals.NoMessage;
        }

        // The log is read even for a sequence after the head: an append with an unknown outcome may have committed, and
        // clients may have read its events.
        if (!_recent.TryGet(seq, out var target))
        {
            var claim = _ownership.Number;
            var rows = await _log.ReadAsync(_room, seq - 1, 1, _stopping.Token);

            // In each RoomOwnershipState:
            // - Owned, Deactivating, under the same claim: use the row. It is as new as the data of this activation.
            // - Owned, Deactivating, under a newer claim: refuse. The row may be older than that claim.
            // - Unsure, Lost: refuse. During the read, a batch failed, the blocks changed, or the room was lost.
            // - Unclaimed: cannot occur, because the room was owned before the read.
            if (!_ownership.MayAppend || claim != _ownership.Number)
            {
                return Refusals.MessageLogUnavailable;
            }

            if (!_recent.TryGet(seq, out target) && rows is [var row] && row.Seq == seq)
            {
                target = Target.From(row);
                _recent.Set(seq, target);
            }
        }

        if (!target.IsMessage)
        {
            return Refusals.NoMessage;
        }

        waiting.Author = target.Author;
        return RefuseEvent(waiting, _membership.Table, _membership.Links) is { } refusal && !RightsMayChange ? refusal
            : target.Deleted ? Refusals.Gone
            : null;
    }

    /// <summary>
    /// Returns the answer to an earlier append of an entry with the same user and client id; null if there was none.
    /// </summary>
    private async Task<RoomReply?> FirstAnswerAsync(MessageLogEntry entry)
        => entry.ClientId is { } id && await _log.FindAsync(_room, entry.User, id, _stopping.Token) is { } first
            ? ToReply(entry, first with { Duplicate = true })
            : null;
}
