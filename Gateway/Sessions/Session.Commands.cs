using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The commands that are sent to a room.</summary>
internal sealed partial class Session
{
    /// <param name="title">For <see cref="Entry.Created"/>: the title of the new group; null for none.</param>
    private void Join(Join join, Entry entry = Entry.Asked, string? title = null)
    {
        var room = RoomNames.ToKey(join.Room, user);
        var kind = FrameMapping.ParseKind(join.Kind);
        Subscription subscription;
        Subscription? earlier, displaced;
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            var isIn = _subscriptions.TryGetValue(room, out earlier);
            if (entry == Entry.Notified && (isIn || _invitations.IsDeclined(room)))
            {
                return;
            }

            if (entry == Entry.Notified && !connection.SendQueue.HasFewAnswers && !HasPlaceForOthers())
            {
                // If the client does not read, joined and left frames would fill the send queue without a bound. So
                // report each room only once.
                if (_invitations.TryReport(room))
                {
                    Answer(new Left(join.Room, "displaced"), GetFormat(join.Room));
                }

                return;
            }

            // Only rooms that the client asked for count against the limit, so other users cannot keep the client from
            // joining a room. If there are too many rooms that the client did not ask for, the oldest of them is
            // displaced. So a user who writes in many rooms cannot block the rooms of other users. A resumed direct
            // conversation counts as not asked for, because the client may know it only from a notification.
            var free = services.Limits.RoomsPerConnection - _subscriptions.Values.Count(other => other != earlier && !other.IsUnasked);
            var isUnasked = entry == Entry.Notified || (entry == Entry.Resumed && RoomKey.IsDirect(room) && earlier is not { IsUnasked: false });
            if (free <= 0 && !isUnasked)
            {
                Answer(new Err(join.Id, ChatErrorCode.RoomFull, $"a connection may join up to {services.Limits.RoomsPerConnection} rooms; leave one first", null));
                return;
            }

            subscription = new(this, room, new(GetFormat(join.Room), join.Room, user, connection.Deflates)) { IsUnasked = isUnasked, IsCommand = entry != Entry.Notified, Order = ++_order };
            _subscriptions[room] = subscription;
            if (_invitations.OnEntered(room) is { } waited && entry == Entry.Notified)
            {
                // An earlier notification of this room is waiting: start with the events of that notification.
                join = join with { After = Math.Min(waited, join.After ?? waited) };
            }

            if (entry != Entry.Notified)
            {
                _invitations.OnJoined(room);
            }

            Retire(earlier);
            displaced = Displace(Math.Max(services.Options.PlacesForOthers, isUnasked ? free : free - 1));
        }

        if (displaced is not null)
        {
            services.Rooms.Exit(displaced, answered: null);
        }

        Interlocked.Increment(ref _inFlight);
        var link = join.Link is { } code ? LinkTerms.HashOf(code) : null;
        var creates = link is null ? GetKindToCreate(room, entry, kind) : null;

        // The server notifies only members and invited users. A notification must not bring an invited user into the
        // group, even if the token grants reading: the client gets an invitation instead. So do not pass the token's
        // rights.
        var claimed = entry == Entry.Notified ? RoomAction.None : ClaimedIn(room);
        var enter = new Enter(user, creates, kind, AsMember: entry is Entry.Resumed or Entry.Notified, link) { Claimed = claimed };
        services.Rooms.Enter(subscription, enter, reply =>
        {
            if (reply is Entered entered)
            {
                Entered(subscription, join, entry, entered);
                PostFirst(room, title);
            }
            else
            {
                Refused(subscription, join, entry, reply);
            }

            CountAnswer();
        });

        // A repeated join replaces the subscription. The new subscription is registered first, so the user does not
        // leave the room in between.
        if (earlier is not null)
        {
            services.Rooms.Exit(earlier, answered: null);
        }

        bool ended;
        lock (_gate)
        {
            ended = subscription.State == SubscriptionState.Ended;
        }

        if (ended)
        {
            // Another thread ended the subscription. It may have called Exit before Enter had registered the
            // subscription, so call Exit again.
            services.Rooms.Exit(subscription, answered: null);
        }
    }

    private bool HasPlaceForOthers()
    {
        AssertLocked();
        var asked = _subscriptions.Values.Count(subscription => !subscription.IsUnasked);
        return _subscriptions.Count - asked < Math.Max(services.Options.PlacesForOthers, services.Limits.RoomsPerConnection - asked);
    }

    /// <summary>
    /// If the session has more than <paramref name="places"/> subscriptions that the client did not ask for, ends and
    /// returns the oldest of them; otherwise returns null. The next event of a displaced room brings the session back.
    /// </summary>
    private Subscription? Displace(int places)
    {
        AssertLocked();
        var unasked = _subscriptions.Values.Where(subscription => subscription.IsUnasked).ToArray();
        if (unasked.Length <= places)
        {
            return null;
        }

        var oldest = unasked.MinBy(subscription => subscription.Order)!;
        _subscriptions.Remove(oldest.Room);

        // Entering, after a command - the client gets the command's answer first, and then left.
        // Entering, after a notification - the client gets left, but no joined. So it still learns of the room.
        // Behind, Live - the client gets left.
        // Ended - cannot occur: an ended subscription is not among the subscriptions.
        oldest.IsDisplaced = true;
        if (oldest.State != SubscriptionState.Entering || !oldest.IsCommand)
        {
            Answer(new Left(oldest.View.Room, "displaced"), oldest.View.Format);
        }

        Retire(oldest);
        return oldest;
    }

    private void Entered(Subscription subscription, Join join, Entry entry, Entered entered)
    {
        bool over;
        lock (_gate)
        {
            // The subscription's state shows what happened before the room answered.
            // Entering - nothing happened: send joined and start delivery.
            // Ended - the client left the room, joined it again or closed the connection, or another room displaced
            //   this room. If a notification started the subscription, the client gets nothing here. If a command
            //   started it, the client still gets joined.
            // Behind, Live - cannot occur: only this method changes Entering to Behind or Live.
            if (entry == Entry.Notified && subscription.State == SubscriptionState.Ended)
            {
                return;
            }

            var strange = join.Epoch is { } epoch && epoch != UncreatedRoom.Epoch && epoch != entered.Epoch;
            var reset = strange || join.After > entered.Seq;
            long after = join switch
            {
                _ when reset => entered.Seq - services.Limits.ReplayEvents,
                { After: { } seen } => seen,
                { Last: { } last } => entered.Seq - last,
                _ => entered.Seq,
            };
            after = Math.Max(0, after);
            var view = subscription.View;
            Answer(FrameMapping.Joined(join.Id, view.Room, entered, after, reset), view.Format);
            if (subscription.State == SubscriptionState.Ended)
            {
                // Ended: the command has its answer, and there is nothing to deliver.
                if (subscription.IsDisplaced)
                {
                    Answer(new Left(view.Room, "displaced"), view.Format);
                }

                return;
            }

            var newest = entered.Seq - services.Limits.ReplayEvents;
            if (after < newest)
            {
                Answer(new Gap(view.Room, after + 1, newest), view.Format);
                services.Instruments.Gap(newest - after);
                after = newest;
            }

            subscription.StartAfter(after, entered.Seq);
            if (subscription.EndedAt > entered.Seq)
            {
                // Before the room's answer arrived, the feed delivered an event that ended this membership.
                EndMembership(subscription, isInformed: false);
            }

            over = subscription.State == SubscriptionState.Ended;
        }

        if (over)
        {
            services.Rooms.Exit(subscription, answered: null);
            return;
        }

        Follow(subscription);
    }

    private void Refused(Subscription subscription, Join join, Entry entry, RoomReply reply)
    {
        lock (_gate)
        {
            subscription.End();
            if (_subscriptions.TryGetValue(subscription.Room, out var current) && current == subscription)
            {
                _subscriptions.Remove(subscription.Room);
            }
        }

        if (entry != Entry.Notified)
        {
            Answer(FrameMapping.Error(join.Id, reply) with { Room = entry == Entry.Resumed && join.Id is null ? join.Room : null });
        }
        else if (FrameMapping.Invited(join.Room, reply) is { } invited)
        {
            ReportInvitation(subscription.Room, invited);
        }
    }

    /// <param name="stored">Called when the event is stored.</param>
    private async ValueTask SendAsync(Send send, Action? stored)
    {
        var isIn = IsIn(send.Room, out var room);
        if (!isIn && !RoomKey.IsDirect(room))
        {
            Answer(new Err(send.Id, ChatErrorCode.NotMember, $"join {send.Room} first", null));
            return;
        }

        var wait = await services.Users.TakeAsync(user, BudgetKind.Sends);
        if (wait > 0)
        {
            Answer(new Err(send.Id, ChatErrorCode.RateLimited, "rate limited", wait));

            // A refused send also takes one unit of the allowance for other commands. So a client that keeps sending
            // without waiting gets refusals only at the rate of that allowance.
            await connection.Commands.PaceAsync(1, connection.Gone);
            return;
        }

        Interlocked.Increment(ref _inFlight);
        services.Rooms.Send(room, FrameMapping.Post(send, user, ClaimedIn(room)), reply =>
        {
            Answer(FrameMapping.Answer(send, reply));
            if (reply is Posted)
            {
                stored?.Invoke();
            }

            CountAnswer();
        });
    }

    /// <summary>Sends a command that is answered only if it fails.</summary>
    /// <param name="command">Makes the command. The argument is the room's key.</param>
    private void SendNoReply(string? commandId, string name, Func<string, RoomCommand> command)
    {
        if (!IsIn(name, out var room))
        {
            Answer(new Err(commandId, ChatErrorCode.NotMember, $"join {name} first", null));
            return;
        }

        Interlocked.Increment(ref _inFlight);
        services.Rooms.Send(room, command(room), reply =>
        {
            if (reply is Refused)
            {
                Answer(FrameMapping.Error(commandId, reply));
            }

            CountAnswer();
        });
    }

    /// <summary>Ends a subscription and drops its waiting events, so no more of its events are written.</summary>
    private void Retire(Subscription? subscription)
    {
        AssertLocked();
        if (subscription is not null)
        {
            subscription.End();
            connection.SendQueue.DropEvents(subscription);
        }
    }

    private IWireFormat GetFormat(string room) => format is IRoomFormats formats ? formats.In(room) : format;
}
