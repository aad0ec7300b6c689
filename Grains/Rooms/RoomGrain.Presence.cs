using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Tracks the attached users by gateway, and publishes presence updates.</summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// Delay of the deactivation while read marks wait to be stored. Each failed attempt to store them starts the delay
    /// again.
    /// </summary>
    private static readonly TimeSpan MarksWait = TimeSpan.FromMinutes(1);

    public async Task<AttachmentsSynced> SyncAttachmentsAsync(string gateway, string[] users, PresenceVersion known, long number, RoomAction[]? claimed)
    {
        _calls.Observe(gateway, number);
        try
        {
            if (await KnowAsync())
            {
                if (await IsSupersededAsync())
                {
                    StepDown([]);
                    throw new IOException("The room is moving.");
                }

                // Ask the authorizer only about users whose role does not let them read. It was asked about the other
                // users when they entered.
                var readers = await ReadersAsync(users, claimed);
                if (!_calls.IsStale(gateway, number))
                {
                    AttachAll(gateway, users, readers.Allowed);
                }

                if (readers.IsIncomplete)
                {
                    throw new IOException("The room could not decide yet whether some users may read it.");
                }
            }
        }
        catch (MessageLogUnavailableException)
        {
            // The gateway does not have the type MessageLogUnavailableException.
            throw new IOException("The message log cannot be reached.");
        }

        LeaveIfEmpty();
        return new AttachmentsSynced(new RoomHead(_room, _head, _ownership.Number), PresenceAfter(known));
    }

    public async Task<PresenceSnapshot> WhoAsync(string user, int most, RoomAction claimed)
    {
        try
        {
            var (access, refusal) = await AuthorizeAsync(user, RoomAction.Read, claimed);
            refusal = RoomRights.RefuseKey(_people, user) ?? refusal;
            if (refusal is null && !await KnowAsync())
            {
                LeaveIfEmpty();
                return IsDirect ? new PresenceSnapshot(0, [], null) : new PresenceSnapshot(0, null, Refusal.NotFound);
            }

            refusal ??= RefuseRead(user, access);
            var visible = VisibleTo(user);
            return refusal is not null
                ? new PresenceSnapshot(0, null, refusal.Reason)
                : new PresenceSnapshot(visible.Count, visible.Count > most ? null : [.. visible], null);
        }
        catch (MessageLogUnavailableException)
        {
            return new PresenceSnapshot(0, null, Refusal.Unavailable);
        }
    }

    public async Task TypingAsync(string user, RoomAction claimed)
    {
        if (_ownership.Claim is null)
        {
            // Without a claim no user is attached, so no user would receive the notice.
            return;
        }

        if (HidesUsers)
        {
            return;
        }

        var (access, undecided) = await AuthorizeAsync(user, RoomAction.Write, claimed);
        if (undecided is not null)
        {
            return;
        }

        var (now, between) = (_time.GetUtcNow().ToUnixTimeMilliseconds(), _options.TypingInterval.TotalMilliseconds);
        if (RoomRights.RefuseTyping(StateOf(_membership.Table), Standing(user, _membership.Table), access) is null
            && now - _typed.GetValueOrDefault(user) >= between)
        {
            if (_typed.Count >= 256)
            {
                foreach (var (other, at) in _typed)
                {
                    if (now - at >= between)
                    {
                        _typed.Remove(other);
                    }
                }
            }

            _typed[user] = now;
            _publisher.Publish(new RoomTyping(_room, user));
        }
    }

    public Task GatewayGoneAsync(string gateway)
    {
        _watch.MarkDead(gateway);
        foreach (var user in _attached.On(gateway).ToArray())
        {
            Detach(gateway, user);
        }

        return Task.CompletedTask;
    }

    /// <param name="readers">The access of the users whose role does not let them read the group.</param>
    private void AttachAll(string gateway, string[] users, Dictionary<string, Access> readers)
    {
        if (_ownership.RefusesCommands || _watch.IsDead(gateway))
        {
            return;
        }

        // Most users in the first call of a gateway were already attached to the previous activation. These users
        // change the count, but no update names them. A user who joins now is named, because the gateway sends an enter
        // command for this user. A direct room is an exception: its users see each other only after both have sent an
        // event, and the previous activation may have ended before it published the names. A direct room has at most
        // two users, so updates name them in the first call too.
        var byName = !_syncedGateways.Add(gateway) || IsDirect;
        var wanted = users.Where(user => (RoomRights.RefuseKey(_people, user) ?? RefuseRead(user, readers.GetValueOrDefault(user))) is null).ToHashSet();
        foreach (var user in _attached.On(gateway).Where(user => !wanted.Contains(user)).ToArray())
        {
            Detach(gateway, user);
        }

        foreach (var user in wanted)
        {
            Attach(gateway, user, byName, readers.GetValueOrDefault(user));
        }

        if (wanted.Count == 0)
        {
            _syncedGateways.Remove(gateway);
        }
    }

    private void Attach(string gateway, string user, bool byName, Access access)
    {
        if (_ownership.Claim!.Kind == RoomKind.Group && access.Grants(RoomAction.Read))
        {
            _readers[user] = access;
        }
        else
        {
            _readers.Remove(user);
        }

        if (!_attached.HasGateway(gateway))
        {
            _publisher.Attach(gateway);
            _watch.Watch(gateway, this.GetGrainId(), this.AsReference<IRoomGrain>().GatewayGoneAsync);
        }

        var came = _attached.Add(gateway, user);
        Stay();
        if (!came)
        {
            return;
        }

        _instruments.Attached.Add(1);
        if (HidesUsers)
        {
            return;
        }

        if (byName)
        {
            _presence.Changed(user, here: true);
        }
        else
        {
            _presence.Recount();
        }
    }

    private void Detach(string gateway, string user)
    {
        var gone = _attached.Remove(gateway, user);
        if (!_attached.HasGateway(gateway))
        {
            _syncedGateways.Remove(gateway);
            _publisher.Detach(gateway);
            _watch.Unwatch(gateway, this.GetGrainId());
        }

        if (gone)
        {
            _instruments.Attached.Add(-1);
            _readers.Remove(user);
            _typed.Remove(user);
            _marks.Forget(user);
            if (!HidesUsers)
            {
                _presence.Changed(user, here: false);
            }
        }

        if (_attached.Count == 0)
        {
            Stay();
        }
    }

    /// <summary>
    /// Detaches the users who may no longer read the room, although this activation has seen no event that ended their
    /// membership. For example, another activation may have appended that event.
    /// </summary>
    private void DetachOutsiders()
    {
        foreach (var gateway in _attached.Gateways.ToArray())
        {
            foreach (var user in _attached.On(gateway).Where(user => RefuseRead(user, _readers.GetValueOrDefault(user)) is not null).ToArray())
            {
                Detach(gateway, user);
            }
        }
    }

    /// <summary>
    /// Keeps the activation while it has state that is stored nowhere else: attached users, or read marks that are not
    /// stored yet. Without such state, Orleans collects the activation one minute after its last call
    /// (<see cref="GrainsHosting"/>). So a room that gets calls stays, even if no user is attached.
    /// </summary>
    private void Stay() => DelayDeactivation(
        _attached.Count > 0 ? Timeout.InfiniteTimeSpan : _marks.Waits ? MarksWait : TimeSpan.Zero);

    /// <summary>
    /// Deactivates at once if the room does not exist and no work is in progress. The activation stays if the log could
    /// not be reached, or if a user has paid for the creation. In both cases a retry is expected soon.
    /// </summary>
    private void LeaveIfEmpty()
    {
        if (_ownership.IsWithoutRoom && !_paid && _queue.Sealing.IsCompleted)
        {
            DeactivateOnIdle();
        }
    }

    private void PublishPresence(PresenceUpdate update) => _publisher.Publish(ToRoomPresence(update));

    private RoomPresence[] PresenceAfter(PresenceVersion known)
        => [.. _presence.After(known.Activation == _ownership.FirstNumber ? known.Number : 0).Select(ToRoomPresence)];

    private RoomPresence ToRoomPresence(PresenceUpdate update)
        => new(_room, new(_ownership.FirstNumber, update.Number), update.Arrived, update.Departed, update.Count);
}
