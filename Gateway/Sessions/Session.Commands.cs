using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The commands that ask a room something.</summary>
internal sealed partial class Session
{
    private void Join(Join join, Entry entry = Entry.Asked)
    {
        var room = RoomNames.KeyOf(join.Room, user);
        var kind = Frames.KindOf(join.Kind);
        var subscription = new Subscription(this, room, new(FormatOf(join.Room), join.Room, user, wire.Deflates));
        Subscription? earlier;
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            var isIn = _subscriptions.TryGetValue(room, out earlier);
            var full = !isIn && _subscriptions.Count >= ports.Limits.RoomsPerConnection;
            if (entry == Entry.Rung && (isIn || full || _left?.Contains(room) == true))
            {
                return;
            }

            if (full)
            {
                Answer(new Err(join.Id, ErrorCode.RoomFull, $"a connection may be in {ports.Limits.RoomsPerConnection} rooms", null));
                return;
            }

            _subscriptions[room] = subscription;
            _left?.Remove(room);
            Retire(earlier);
        }

        Interlocked.Increment(ref _inFlight);
        RoomKind? create = RoomKey.IsDirect(room) ? RoomKind.Direct : ports.RoomsAllowed.CreateOnJoin ? kind ?? RoomKind.Channel : null;
        ports.Rooms.Enter(subscription, new Enter(user, create, kind, AsMember: entry != Entry.Asked), reply =>
        {
            if (reply is Entered entered)
            {
                Entered(subscription, join, entry, entered);
            }
            else
            {
                Refused(subscription, join, entry, reply);
            }

            Settled();
        });

        // Joining again starts over. The new subscription is in already, so the user never leaves the room meanwhile.
        if (earlier is not null)
        {
            ports.Rooms.Exit(earlier, endMembership: false, answered: null);
        }

        bool ended;
        lock (_gate)
        {
            ended = subscription.State == SubscriptionState.Ended;
        }

        if (ended)
        {
            // Whoever ended it on another thread may have taken it out before it was in.
            ports.Rooms.Exit(subscription, endMembership: false, answered: null);
        }
    }

    private void Entered(Subscription subscription, Join join, Entry entry, Entered entered)
    {
        bool over;
        lock (_gate)
        {
            if (entry == Entry.Rung && subscription.State == SubscriptionState.Ended)
            {
                // Nobody asked, and it is not in.
                return;
            }

            var strange = join.Epoch is { } epoch && epoch != entered.Epoch;
            var reset = strange || join.After > entered.Seq;
            long after = join switch
            {
                _ when reset => entered.Seq - ports.Limits.ReplayEvents,
                { After: { } seen } => seen,
                { Last: { } last } => entered.Seq - last,
                _ => entered.Seq,
            };
            after = Math.Max(0, after);
            var view = subscription.View;
            Answer(
                new Joined(
                    join.Id, view.Room, Frames.Kind(entered.Kind), entered.Seq, entered.Epoch, after, entered.Read, entered.Unread, entered.Count, reset),
                view.Format);
            if (subscription.State == SubscriptionState.Ended)
            {
                // Left, or joined again, before the room had answered: the command still has its answer.
                return;
            }

            var newest = entered.Seq - ports.Limits.ReplayEvents;
            if (after < newest)
            {
                Answer(new Gap(view.Room, after + 1, newest), view.Format);
                ports.Instruments.Gap(newest - after);
                after = newest;
            }

            subscription.StartAfter(after, entered.Seq);
            subscription.State = SubscriptionState.Behind;
            if (subscription.EndedAt > entered.Seq)
            {
                // The membership ended before the answer was here.
                EndMembership(subscription, told: false);
            }

            over = subscription.State == SubscriptionState.Ended;
        }

        if (over)
        {
            ports.Rooms.Exit(subscription, endMembership: false, answered: null);
            return;
        }

        Follow(subscription);
    }

    private void Refused(Subscription subscription, Join join, Entry entry, RoomReply reply)
    {
        lock (_gate)
        {
            subscription.State = SubscriptionState.Ended;
            if (_subscriptions.TryGetValue(subscription.Room, out var current) && current == subscription)
            {
                _subscriptions.Remove(subscription.Room);
            }
        }

        if (entry != Entry.Rung)
        {
            Answer(ErrorOf(join.Id, reply) with { Room = entry == Entry.Resumed ? join.Room : null });
        }
    }

    private void Leave(Leave leave)
    {
        Subscription? subscription;
        lock (_gate)
        {
            if (_subscriptions.Remove(RoomNames.KeyOf(leave.Room, user), out subscription))
            {
                Retire(subscription);
                Forget(subscription.Room);
            }
        }

        if (subscription is null)
        {
            Answer(new Err(leave.Id, ErrorCode.NotMember, $"this connection is not in {leave.Room}", null));
            return;
        }

        Interlocked.Increment(ref _inFlight);
        ports.Rooms.Exit(subscription, !leave.KeepMembership, reply =>
        {
            Answer(reply is Done ? new Ok(leave.Id, leave.Room, null, null, false, null) : ErrorOf(leave.Id, reply));
            Settled();
        });
    }

    /// <summary>
    /// What was left stays left on this connection, though its bell may ring; but a direct conversation comes back when somebody writes.
    /// Under the lock.
    /// </summary>
    private void Forget(string room)
    {
        if (!RoomKey.IsDirect(room))
        {
            _left ??= [];
            if (_left.Count >= ports.Limits.RoomsPerConnection)
            {
                _left.Clear();
            }

            _left.Add(room);
        }
    }

    private async ValueTask SendAsync(Send send)
    {
        var isIn = IsIn(send.Room, out var room);
        if (!isIn && !RoomKey.IsDirect(room))
        {
            Answer(new Err(send.Id, ErrorCode.NotMember, $"join {send.Room} first", null));
            return;
        }

        var wait = await ports.Users.TakeSendAsync(user);
        if (wait > 0)
        {
            Answer(new Err(send.Id, ErrorCode.RateLimited, "rate limited", wait));

            // Whoever goes on all the same is refused no faster than their other commands are taken.
            await wire.Commands.PaceAsync(1, wire.Gone);
            return;
        }

        Interlocked.Increment(ref _inFlight);
        ports.Rooms.Send(room, Frames.Post(send, user), reply =>
        {
            Answer(reply is Posted posted ? new Ok(send.Id, send.Room, posted.Seq, posted.Ts, posted.Duplicate, null) : ErrorOf(send.Id, reply));
            Settled();
        });
    }

    /// <summary>A command without an answer, but for its failure.</summary>
    private void Tell(string? commandId, string name, RoomCommand command)
    {
        if (!IsIn(name, out var room))
        {
            Answer(new Err(commandId, ErrorCode.NotMember, $"join {name} first", null));
            return;
        }

        Interlocked.Increment(ref _inFlight);
        ports.Rooms.Send(room, command, reply =>
        {
            if (reply is Refused)
            {
                Answer(ErrorOf(commandId, reply));
            }

            Settled();
        });
    }

    /// <summary>Nothing more of it reaches the wire; under the lock.</summary>
    private void Retire(Subscription? subscription)
    {
        if (subscription is not null)
        {
            subscription.State = SubscriptionState.Ended;
            wire.Outbox.DropPosts(subscription);
        }
    }

    private IWireFormat FormatOf(string room) => format is IRoomFormats formats ? formats.In(room) : format;

    /// <summary>How a room comes onto a connection. Only who asks becomes a member of a group by it, and hears why not.</summary>
    private enum Entry
    {
        /// <summary>By a join.</summary>
        Asked,

        /// <summary>By a cursor of a hello, which has no id: the error names the room.</summary>
        Resumed,

        /// <summary>By a bell: somebody wrote there.</summary>
        Rung,
    }

    private static Err ErrorOf(string? id, RoomReply reply) => reply is Refused refused
        ? Frames.Error(id, refused.Reason, refused.Message, refused.RetryMs)
        : new(id, ErrorCode.Internal, "the room gave an answer that does not belong here", null);
}
