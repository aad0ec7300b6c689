using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Claims the room, and gives it up when a newer activation owns it. <see cref="RoomOwnership"/> has the states and the
/// transitions between them.
/// </summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// Returns whether the room exists. First claims the room, unless this activation has claimed it before, and
    /// appoints an owner if the group has none. Throws <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async ValueTask<bool> KnowAsync()
    {
        if (_ownership.Claim is null && !await OwnAsync())
        {
            return false;
        }

        if (_lacksOwner)
        {
            await AppointOwnerAsync();
        }

        return true;
    }

    /// <summary>
    /// Claims the room, unless this activation owns it. Returns false if the room does not exist. Throws
    /// <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async ValueTask<bool> OwnAsync()
    {
        // The room is claimed by the first command, not at activation. So if the log is unavailable, the command gets a
        // refusal with a retry delay, and the activation does not fail.
        // In each RoomOwnershipState:
        // - Unclaimed, Unsure: claim. If a claim or a creation is already in flight, wait for its end instead.
        // - Owned, Deactivating: nothing to do.
        // - Lost: throw; the caller refuses. The room may be lost while its claim is in flight. If that claim succeeds,
        //   the state becomes Deactivating, and the batch that waits here is appended.
        while (_ownership.MustClaim)
        {
            // One claim at a time, because each claim makes the one before it invalid.
            if (!_ownership.IsClaiming)
            {
                _ownership.OnClaiming(ClaimAsync());
            }

            if (!await _ownership.Claiming)
            {
                return false;
            }
        }

        return _ownership.MayAppend ? true : throw new MessageLogUnavailableException("The activation has stepped down.");
    }

    /// <summary>
    /// Makes one claim. Returns false if the room does not exist. Throws <see cref="MessageLogUnavailableException"/>.
    /// In that case the state does not change, although the log may have raised the claim number.
    /// </summary>
    /// <remarks>
    /// <list type="number">
    /// <item>Raise the claim number. From then on no append under an earlier claim commits, so the data that step 2
    /// reads is not outdated.</item>
    /// <item>Read the members and links of a group, the senders and blocks of a direct room, and the events that this
    /// activation has not published.</item>
    /// <item>Own the room: replace the room's data with the data that was read, and publish the events that were read.
    /// Nothing is awaited in this step, so no command sees only a part of the change.</item>
    /// </list>
    /// </remarks>
    private async Task<bool> ClaimAsync()
    {
        // Step 1: raise the claim number.
        if (await _log.ClaimAsync(_room, _stopping.Token) is not { } claim)
        {
            return false;
        }

        // Step 2: read. In each RoomOwnershipState:
        // - Unclaimed: no gateway is attached, so there is nothing to publish.
        // - Unsure: the append may have committed. Attached gateways expect every event after their head, so the events
        //   of that append are published now.
        // - Lost: the deactivation began during the claim. Handled like the state before the deactivation, Unclaimed or
        //   Unsure.
        // - Owned, Deactivating: cannot occur, because no claim begins in these states.
        var members = await MembersAsync(claim);
        var links = await LinksAsync(claim);
        var direct = await ReadDirectAsync();
        IReadOnlyList<RoomEvent> missed = _ownership.Claim is not null && claim.Seq > _head
            ? await _log.ReadAsync(_room, _head, _options.RowsPerBatch, _stopping.Token)
            : [];

        // Step 3: own. If an append was in flight when the claim began, its events may have been published during the
        // reads. Leave these events out.
        RoomEvent[] unpublished = [.. missed.Where(happened => happened.Seq > _head)];
        Own(claim, members, links, direct);
        HashSet<long> deleted = [.. unpublished.Where(happened => happened.Kind == RoomEventKind.Delete).Select(happened => happened.Ref ?? 0)];
        _queue.Deleted(deleted);
        foreach (var message in deleted)
        {
            _recent.Delete(message);
        }

        Publish(unpublished);
        DetachOutsiders();
        return true;
    }

    private async Task<IReadOnlyList<Member>> MembersAsync(RoomClaim claim)
        => claim.Kind == RoomKind.Group ? await _log.MembersAsync(_room, _stopping.Token) : [.. _people!.Select(user => new Member(user, RoomRole.Member))];

    private async Task<IReadOnlyList<RoomLink>> LinksAsync(RoomClaim claim)
        => claim is { Kind: RoomKind.Group, Seq: > 0 } ? await _log.LinksAsync(_room, _stopping.Token) : [];

    /// <summary>Records the claim, and replaces the room's data with the data from the log.</summary>
    private void Own(RoomClaim claim, IReadOnlyList<Member> members, IReadOnlyList<RoomLink> links, DirectRead direct)
    {
        Apply(direct);
        _membership.Reset(members, links);
        _recent.Clear();
        _slowMode.Forget();
        (_head, _ts, _messages, _title, _settings) = (claim.Seq, claim.Ts, claim.Messages, claim.Title, claim.Settings);
        _ownership.OnClaimed(claim);
        _lacksOwner = LacksOwner;
    }

    /// <summary>
    /// Whether a newer activation has claimed the room and this activation does not know it yet. In that case the
    /// members and messages of this activation are out of date. Called when a gateway reports its attached users. A
    /// gateway does this, for example, when it notices a new activation. So this activation may be the old one. Returns
    /// false if the log is unavailable.
    /// </summary>
    private async Task<bool> IsSupersededAsync()
    {
        try
        {
            // In each RoomOwnershipState:
            // - Unclaimed, Unsure: false. A higher claim number may come from this activation's own claim.
            // - Owned, Deactivating, before and after the read, without a claim in flight: a higher number comes from
            //   another activation's claim.
            // - Lost: false, because this activation already knows that it lost the room.
            return _ownership.IsSettled && await _log.HeadsAsync([_room], _stopping.Token) is [var head]
                && _ownership.IsSettled && head.Claim > _ownership.Number;
        }
        catch (MessageLogUnavailableException)
        {
            return false;
        }
    }

    /// <summary>
    /// Gives up the room, because a newer activation owns it. An append that the log rejected has committed nothing, so
    /// there is nothing to publish. Refuses all entries and deactivates.
    /// </summary>
    private void StepDown(List<WaitingEntry> waiting)
    {
        _ownership.OnFenced();
        _instruments.Fenced.Add(1);
        LogFenced(_ownership.Number);
        var moving = Refusals.Moving;
        waiting.ForEach(one => one.Answer(moving));
        _queue.Refuse(moving);
        DeactivateOnIdle();
    }

    [LoggerMessage(104, LogLevel.Information, "The activation steps down: its claim {Claim} on the room is stale")]
    private partial void LogFenced(long claim);
}
