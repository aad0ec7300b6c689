using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The rooms that this gateway uses: a feed for each room with a subscription here, and a room client for each room
/// that is called.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "SemaphoreSlim needs disposal only if its AvailableWaitHandle is used.")]
internal sealed class Feeds(
    IGrainFactory grains, GatewayId gateway, BackgroundTasks background, IOptions<FanoutOptions> options, FanoutInstruments instruments, TimeProvider time) : IRooms
{
    /// <summary>How long a page of history may wait for its turn.</summary>
    private static readonly TimeSpan PagePatience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    // Separate limits, so that clients that read history do not delay readers that are behind.
    private readonly SemaphoreSlim _pages = new(options.Value.PagesAtATime);
    private readonly SemaphoreSlim _catchUps = new(options.Value.PagesAtATime);
    private readonly Dictionary<string, Feed> _feeds = [];
    private readonly Dictionary<string, RoomClient> _clients = [];
    private readonly RoomProbe _probe = new(rooms => grains.GetGrain<IHistoryGrain>(0).HeadsAsync(rooms), background, time);

    /// <summary>The newest cluster version that the head poller reported.</summary>
    private long _cluster;

    /// <summary>Number of calls so far, to all rooms. Each call gets the next number.</summary>
    private long _calls;

    private IHistoryGrain History => grains.GetGrain<IHistoryGrain>(0);

    /// <summary>The keys of the rooms with a feed.</summary>
    public string[] Rooms
    {
        get
        {
            lock (_gate)
            {
                return [.. _feeds.Keys];
            }
        }
    }

    /// <summary>Number of room clients.</summary>
    public int Clients
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
        // The feed is changed, and the command for the room is queued, under one lock. Otherwise another session of the
        // same user could enter or leave in between, and the room would get the two commands in the wrong order.
        lock (_gate)
        {
            if (!_feeds.TryGetValue(subscription.Room, out var feed))
            {
                var room = subscription.Room;
                feed = new(room, (after, limit) => History.ReadAsync(room, after, limit), Ended, options.Value, instruments, time);
                _feeds.Add(room, feed);
            }

            feed.Add(subscription);
            Send(subscription.Room, enter, reply =>
            {
                if (reply is Entered entered)
                {
                    background.Add(feed.OpenAsync(entered.Seq, entered.Presence));
                }
                else
                {
                    // If this was the user's last subscription, this also removes the user from the room: an earlier
                    // subscription may have left without a command to the room, because this one was registered.
                    Exit(subscription, endMembership: false, answered: null);
                }

                answered(reply);
            });
        }
    }

    /// <inheritdoc/>
    public void Exit(Subscription subscription, bool endMembership, Action<RoomReply>? answered)
    {
        answered ??= static _ => { };
        lock (_gate)
        {
            if (Remove(subscription, out var last) && (last || endMembership))
            {
                Send(subscription.Room, new Exit(subscription.Session.User, endMembership, Stays: !last), answered);
                return;
            }
        }

        answered(new Done());
    }

    /// <summary>
    /// Removes subscriptions that the feed has ended. It runs as a task of its own, because the calling feed holds its
    /// lock.
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
            Exit(subscription, endMembership: false, answered: null);
        }
    }

    private bool Remove(Subscription subscription, out bool last)
    {
        lock (_gate)
        {
            last = false;
            if (!_feeds.TryGetValue(subscription.Room, out var feed) || !feed.Remove(subscription, out last, out var empty))
            {
                return false;
            }

            if (empty)
            {
                _feeds.Remove(subscription.Room);
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public void Send(string room, RoomCommand command, Action<RoomReply> answered)
    {
        lock (_gate)
        {
            background.Add(ClientFor(room).Send(command, reply => Answer(answered, reply)));
        }
    }

    /// <summary>
    /// Calls a callback. If it throws, the exception is logged, so that the other callbacks of the same call still run.
    /// </summary>
    private void Answer(Action<RoomReply> answered, RoomReply reply)
    {
        try
        {
            answered(reply);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            background.Add(Task.FromException(exception));
        }
    }

    /// <summary>
    /// Returns the room client for a room. Requires the lock, so that <see cref="Sweep"/> does not remove the client
    /// before it is used.
    /// </summary>
    private RoomClient ClientFor(string room)
    {
        if (!_clients.TryGetValue(room, out var client))
        {
            client = new(room, gateway.Id, grains, options.Value, instruments, time, () => Interlocked.Increment(ref _calls), () => Find(room)?.PresenceVersion ?? default, OnAttachmentsSynced,
                _probe.MayExistAsync);
            _clients.Add(room, client);
        }

        return client;
    }

    /// <summary>
    /// Handles a poll of the message log: the heads and claim numbers of rooms. A newer cluster version means that a
    /// silo joined or left; then old calls are repeated.
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
            if (Find(head.Room) is { } feed)
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
    /// Synchronizes the attachments of a room, because its activation left its silo or an update of it was missed. The
    /// room answers with its head and the missed presence updates.
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
    /// Synchronizes the attachments of all rooms after the gateway stream was silent. Presence updates of that time are
    /// known only to the rooms.
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
            (client, cancelled) => new(client.SyncAttachments().WaitAsync(cancelled)));
    }

    /// <summary>Delivers a presence update. If an earlier one was missed, asks the room for it.</summary>
    public void OnPresence(RoomPresence notice)
    {
        if (Find(notice.Room)?.TryDeliverPresence(notice) == false)
        {
            instruments.MissedPresence();
            SyncAttachments(notice.Room);
        }
    }

    private void OnAttachmentsSynced(AttachmentsSynced synced)
    {
        Find(synced.Head.Room)?.DeliverMissedPresence(synced.Missed);
        OnHeadObserved(synced.Head.Room, synced.Head.Seq);
    }

    /// <summary>Removes the room clients that are not used.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            foreach (var (room, client) in _clients)
            {
                if (client.IsIdle && !_feeds.ContainsKey(room))
                {
                    _clients.Remove(room);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Typing(string room, string user)
    {
        // Not sent to a room that is not known to exist: nobody would see it, and the call would activate a grain.
        if (IsKnown(room))
        {
            background.Add(grains.GetGrain<IRoomGrain>(room).TypingAsync(user));
        }
    }

    /// <inheritdoc/>
    public bool GoLive(Subscription subscription, out long head)
    {
        head = 0;
        return Find(subscription.Room)?.GoLive(subscription, out head) ?? true;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken)
    {
        await _catchUps.WaitAsync(cancellationToken);
        try
        {
            return Find(room) is { } feed ? await feed.ReadAsync(after, limit).WaitAsync(cancellationToken) : [];
        }
        finally
        {
            _catchUps.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(PagePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _pages.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new([], 0, Refusal.Unavailable);
        }

        try
        {
            return await History.PageAsync(ask, cancellationToken);
        }
        finally
        {
            _pages.Release();
        }
    }

    /// <inheritdoc/>
    public Task<PresenceSnapshot> WhoAsync(string room, string user, int most) =>
        IsKnown(room) ? grains.GetGrain<IRoomGrain>(room).WhoAsync(user, most) : History.WhoAsync(room, user, most);

    /// <summary>The feed of a room; null if no session here is in the room.</summary>
    public Feed? Find(string room)
    {
        lock (_gate)
        {
            return _feeds.GetValueOrDefault(room);
        }
    }

    private bool IsKnown(string room)
    {
        lock (_gate)
        {
            return _clients.TryGetValue(room, out var client) && client.IsKnown;
        }
    }

    /// <summary>A notification reported a room's head.</summary>
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

    /// <summary>A room's head was reported other than by its events.</summary>
    public void OnHeadObserved(string room, long head)
    {
        if (Find(room) is { } feed)
        {
            background.Add(feed.OnHeadObservedAsync(head));
        }
    }
}
