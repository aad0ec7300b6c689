using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The command that leaves a room.</summary>
internal sealed partial class Session
{
    private void Leave(Leave leave)
    {
        var room = RoomNames.ToKey(leave.Room, user);
        Subscription? subscription;
        lock (_gate)
        {
            if (!_subscriptions.TryGetValue(room, out subscription))
            {
                // The room may have been displaced. Its next event must not bring the session back.
                if (leave.KeepMembership)
                {
                    _invitations.OnLeft(room);
                }
            }
            else if (leave.KeepMembership)
            {
                _subscriptions.Remove(room);
                Retire(subscription);
                _invitations.OnLeft(room);
            }
        }

        if (subscription is null)
        {
            if (leave.KeepMembership || RoomKey.IsDirect(room))
            {
                AnswerNotIn(leave);
            }
            else
            {
                Decline(leave, room);
            }

            return;
        }

        Interlocked.Increment(ref _inFlight);
        if (leave.KeepMembership)
        {
            services.Rooms.Exit(subscription, Answered);
            return;
        }

        // The room may refuse to end the membership. Then the session stays in the room.
        services.Rooms.Send(room, new Exit(user, EndMembership: true, Stays: true), reply =>
        {
            if (reply is Done)
            {
                End(subscription);
            }

            Answered(reply);
        });

        void Answered(RoomReply reply)
        {
            Answer(FrameMapping.Answer(leave, reply));
            CountAnswer();
        }
    }

    /// <summary>
    /// Declines an invitation. A user who is not invited always gets the same answer, so the answer does not show
    /// whether a private group exists.
    /// </summary>
    private void Decline(Leave leave, string room)
    {
        Interlocked.Increment(ref _inFlight);
        services.Rooms.Send(room, new Exit(user, EndMembership: true, Stays: true, Declines: true), reply =>
        {
            if (reply is Refused { Reason: Refusal.NotFound or Refusal.NotMember })
            {
                AnswerNotIn(leave);
            }
            else
            {
                if (reply is Done)
                {
                    lock (_gate)
                    {
                        _invitations.OnDeclined(room);
                    }
                }

                Answer(FrameMapping.Answer(leave, reply));
            }

            CountAnswer();
        });
    }

    private void AnswerNotIn(Leave leave) =>
        Answer(new Err(leave.Id, ChatErrorCode.NotMember, $"this connection is not in {leave.Room}", null));

    /// <summary>
    /// Ends a subscription after its user's membership has ended. Does nothing if the event that ended the membership
    /// has already ended the subscription, or if the client has joined again.
    /// </summary>
    private void End(Subscription subscription)
    {
        lock (_gate)
        {
            if (!_subscriptions.TryGetValue(subscription.Room, out var current) || current != subscription)
            {
                return;
            }

            _subscriptions.Remove(subscription.Room);
            Retire(subscription);
        }

        services.Rooms.Exit(subscription, answered: null);
    }
}
