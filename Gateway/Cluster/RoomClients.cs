using System.Diagnostics;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The rooms that this gateway calls, each with its room client. This class also keeps the attachments of the rooms in
/// sync with the subscriptions in the rooms' feeds.
/// </summary>
/// <remarks>Lock order: this class, <see cref="RoomFeeds"/>, feed.</remarks>
internal sealed class RoomClients(
    IGrainFactory grains, GatewayId gateway, RoomFeeds feeds, BackgroundTasks background, IOptions<FanoutOptions> options, FanoutInstruments instruments,
    TimeProvider time) : IRooms
{
    /// <summary>
    /// How long a synchronization of all rooms waits for one room before it continues with the next room.
    /// </summary>
    private static readonly TimeSpan SyncPatience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Maximum time for which the commands of a private room wait for the call that checks whether a user may enter. If
    /// the silo that received the call dies, the call fails only after the response timeout, which is longer.
    /// </summary>
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, RoomClient> _clients = [];
    private readonly RoomProbe _probe = new(rooms => grains.GetGrain<IHistoryGrain>(0).HeadsAsync(rooms), background, time);

    /// <summary>The newest cluster version that the head poller reported.</summary>
    private long _cluster;

    /// <summary>Number of calls so far, to all rooms. Each call gets the next number.</summary>
    private long _calls;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _clients.Count;
            }
        }
    }

    /// <inheritdoc/>
    public void Enter(Subscription subscription, Enter enter, Action<RoomReply> answered)
    {
        // Change the feed and queue the room's command under one lock. Otherwise another session of the same user could
        // enter or leave between the two steps. Then the room would get the commands of the two sessions in the wrong
        // order.
        lock (_gate)
        {
            var feed = feeds.Add(subscription, Ended);
            Send(subscription.Room, enter, reply =>
            {
                if (reply is Entered entered)
                {
                    background.Add(feed.OpenAsync(entered.Seq, entered.Presence));
                }
                else
                {
                    // If this was the user's last subscription, this call also sends the room an exit. The exit is
                    // necessary: an earlier subscription of the user may have left without an exit, because this
                    // subscription was in the feed.
                    Exit(subscription, answered: null);
                }

                answered(reply);
            });
        }
    }

    /// <inheritdoc/>
    public void Exit(Subscription subscription, Action<RoomReply>? answered)
    {
        answered ??= static _ => { };
        lock (_gate)
        {
            if (feeds.Remove(subscription, out var last) && last)
            {
                Send(subscription.Room, new Exit(subscription.Session.User, EndMembership: false), answered);
                return;
            }
        }

        answered(new Done());
    }

    /// <inheritdoc/>
    public void Send(string room, RoomCommand command, Action<RoomReply> answered)
    {
        lock (_gate)
        {
            background.Add(GetClient(room).Send(command, reply => Answer(answered, reply)));
        }
    }

    /// <inheritdoc/>
    public void Typing(string room, string user, RoomAction claimed = RoomAction.None)
    {
        // If the room is not known to exist, send nothing. No user would see the typing, and the call would activate a
        // grain.
        if (IsKnown(room, user))
        {
            background.Add(grains.GetGrain<IRoomGrain>(room).TypingAsync(user, claimed));
        }
    }

    /// <inheritdoc/>
    public bool GoLive(Subscription subscription, out long head)
    {
        head = 0;
        return feeds.Find(subscription.Room)?.GoLive(subscription, out head) ?? true;
    }

    /// <inheritdoc/>
    public async Task<PresenceSnapshot> WhoAsync(string room, string user, int most, RoomAction claimed = RoomAction.None) =>
        IsKnown(room, user) ? await grains.GetGrain<IRoomGrain>(room).WhoAsync(user, most, claimed)
        : RoomKey.IsPrivate(room) && !await MayEnterAsync(room, user, [], claimed) ? new(0, null, Refusal.NotFound)
        : await grains.GetGrain<IHistoryGrain>(0).WhoAsync(room, user, most, claimed);

    /// <summary>
    /// Handles a poll of the message log: the heads and claim numbers of rooms. A newer cluster version means that a
    /// silo joined or left. In that case, old calls are repeated.
    /// </summary>
    public void OnHeadsPolled(RoomHeads polled)
    {
        RoomClient[] clients;
        lock (_gate)
        {
            clients = _cluster is not 0 && polled.Cluster > _cluster ? [.. _clients.Values] : [];
            _cluster = Math.Max(_cluster, polled.Cluster);
        }

        foreach (var client in clients)
        {
            client.RepeatOldCalls();
        }

        foreach (var head in polled.Heads)
        {
            if (feeds.Find(head.Room) is { } feed)
            {
                background.Add(feed.OnHeadPolledAsync(head.Seq));
            }

            lock (_gate)
            {
                if (_clients.TryGetValue(head.Room, out var client))
                {
                    background.Add(client.OnClaim(head.Claim));
                }
            }
        }
    }

    /// <summary>
    /// Synchronizes the attachments of a room, because its activation left its silo or one of its presence updates was
    /// missed. The room answers with its head and the missed presence updates.
    /// </summary>
    public void SyncAttachments(string room)
    {
        lock (_gate)
        {
            if (_clients.TryGetValue(room, out var client))
            {
                background.Add(client.SyncAttachments());
            }
        }
    }

    /// <summary>
    /// Synchronizes the attachments of all rooms. Two cases need this method. After the silos changed or this gateway's
    /// lease lapsed, a room that gets no call may not know which users are attached. After the gateway stream was
    /// silent, only the rooms have the presence updates that the stream did not deliver.
    /// </summary>
    public async Task SyncAllAttachmentsAsync(CancellationToken cancellationToken)
    {
        RoomClient[] clients;
        lock (_gate)
        {
            clients = [.. _clients.Values];
        }

        await Parallel.ForEachAsync(
            clients,
            new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current },
            async (client, cancelled) =>
            {
                // The task of a busy or unreachable room may run for a long time. The other rooms do not wait for it.
                var loop = client.SyncAttachments();
                background.Add(loop);
                await loop.WaitAsync(SyncPatience, time, cancelled)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            });
    }

    /// <summary>
    /// Delivers a presence update. If an earlier update was missed, synchronizes with the room instead.
    /// </summary>
    public void OnPresence(RoomPresence update)
    {
        if (feeds.Find(update.Room)?.Presence.TryDeliver(update) == false)
        {
            instruments.MissedPresence();
            SyncAttachments(update.Room);
        }
    }

    /// <summary>Called when a notification has reported a room's head.</summary>
    public void OnNotified(string room, long head)
    {
        lock (_gate)
        {
            if (_clients.TryGetValue(room, out var client))
            {
                background.Add(client.OnCreated());
            }
        }

        OnHeadObserved(room, head);
    }

    /// <summary>Removes the room clients that have nothing to do and whose room has no feed.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            foreach (var (room, client) in _clients)
            {
                if (client.IsIdle && feeds.Find(room) is null)
                {
                    _clients.Remove(room);
                }
            }
        }
    }

    /// <summary>
    /// Called when the feed has ended subscriptions: removes them. The removal runs as a separate task, because the
    /// feed holds its own lock during this call.
    /// </summary>
    private void Ended(IReadOnlyList<Subscription> subscriptions)
    {
        if (subscriptions.Count > 0)
        {
            background.Add(ExitAsync(subscriptions));
        }
    }

    private async Task ExitAsync(IReadOnlyList<Subscription> subscriptions)
    {
        await Task.Yield();
        foreach (var subscription in subscriptions)
        {
            Exit(subscription, answered: null);
        }
    }

    /// <summary>
    /// Calls a callback. If the callback throws, the exception is logged, and the other callbacks of the batch still
    /// run.
    /// </summary>
    private void Answer(Action<RoomReply> answered, RoomReply reply)
    {
        try
        {
            answered(reply);
        }
        catch (Exception exception)
        {
            background.Add(Task.FromException(exception));
        }
    }

    /// <summary>
    /// Returns the room client for a room. Requires the lock, so that <see cref="Sweep"/> does not remove the client
    /// before it is used.
    /// </summary>
    private RoomClient GetClient(string room)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        if (!_clients.TryGetValue(room, out var client))
        {
            client = new(
                room, gateway.Id, grains, options.Value, instruments, time, () => Interlocked.Increment(ref _calls), () => feeds.Find(room)?.Presence.Version ?? default,
                OnAttachmentsSynced, _probe.MayExistAsync, MayEnterAsync);
            _clients.Add(room, client);
        }

        return client;
    }

    /// <summary>
    /// True if the room has answered a call, and may be called for this user without a check. In a private room, the
    /// user must also be attached, because other users of the gateway may be in a room that this user may not see.
    /// </summary>
    private bool IsKnown(string room, string user)
    {
        lock (_gate)
        {
            return _clients.TryGetValue(room, out var client) && client.IsKnown && (!RoomKey.IsPrivate(room) || client.IsAttached(user));
        }
    }

    /// <summary>
    /// Returns false if a user may not enter a private room, or if there is no such room. If the call fails or takes
    /// longer than <see cref="CheckPatience"/>, returns true, and the room decides.
    /// </summary>
    /// <param name="links">The hashes of the invitation links that the user gave.</param>
    private async Task<bool> MayEnterAsync(string room, string user, string[] links, RoomAction claimed)
    {
        var call = grains.GetGrain<IHistoryGrain>(0).MayEnterAsync(room, user, links, claimed);
        call.Ignore();
        try
        {
            return await call.WaitAsync(CheckPatience, time);
        }
        catch (Exception)
        {
            return true;
        }
    }

    private void OnAttachmentsSynced(AttachmentsSynced synced)
    {
        feeds.Find(synced.Head.Room)?.Presence.DeliverMissed(synced.Missed);
        OnHeadObserved(synced.Head.Room, synced.Head.Seq);
    }

    /// <summary>Called when a notification or a synchronization has reported a room's head.</summary>
    private void OnHeadObserved(string room, long head)
    {
        if (feeds.Find(room) is { } feed)
        {
            background.Add(feed.OnHeadObservedAsync(head));
        }
    }
}
