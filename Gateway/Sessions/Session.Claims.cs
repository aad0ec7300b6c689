using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// The rights that the user's token grants. A command to a room carries the rights that the token grants in this room.
/// </summary>
internal sealed partial class Session
{
    /// <summary>Null if the token grants nothing. <see cref="Renew"/> sets the rights of a fresh token.</summary>
    private volatile UserClaims? _claims = claims;

    /// <summary>
    /// Replaces the rights with the rights of a fresh token. If the rights in a room of the session change, the session
    /// sends <c>Enter</c> to this room again. This <c>Enter</c> does not make the user a member. If the room refuses
    /// it, the subscription ends. Each room in which the rights change costs one command of the user's budget.
    /// </summary>
    public void Renew(UserClaims? fresh)
    {
        Subscription[] changed;
        lock (_gate)
        {
            var old = _claims;
            _claims = fresh;
            changed = [.. _subscriptions.Values.Where(subscription => In(old, subscription.Room) != In(fresh, subscription.Room))];
        }

        if (changed.Length > 0)
        {
            services.Users.Charge(user, BudgetKind.Commands, changed.Length);
        }

        foreach (var subscription in changed)
        {
            Interlocked.Increment(ref _inFlight);
            var enter = new Enter(user, Create: null, Require: null, AsMember: true) { Claimed = ClaimedIn(subscription.Room) };
            services.Rooms.Send(subscription.Room, enter, reply =>
            {
                if (reply is Refused)
                {
                    End(subscription, reply);
                }

                CountAnswer();
            });
        }
    }

    private RoomAction ClaimedIn(string room) => In(_claims, room);

    private static RoomAction In(UserClaims? claims, string room) => claims?.In(room) ?? RoomAction.None;

    /// <summary>Ends a subscription because the room refused the <c>Enter</c> that <see cref="Renew"/> sent.</summary>
    private void End(Subscription subscription, RoomReply refused)
    {
        lock (_gate)
        {
            if (!_subscriptions.TryGetValue(subscription.Room, out var current) || current != subscription)
            {
                return;
            }

            _subscriptions.Remove(subscription.Room);
            Retire(subscription);
            Answer(FrameMapping.Error(null, refused) with { Room = subscription.View.Room });
        }

        services.Rooms.Exit(subscription, answered: null);
    }
}
