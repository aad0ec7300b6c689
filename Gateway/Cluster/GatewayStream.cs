using Orleans.Streams;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Subscribes to the gateway stream. The stream's callback passes each item to the feed, the room client or the users
/// that the item is for. The callback never waits: calls and reads run in the background. While a callback
/// runs, the silo buffers newly published items, up to a limit, and sends them in the next call of the callback.
/// </summary>
internal sealed partial class GatewayStream(
    IClusterClient cluster, GatewayId gateway, RoomFeeds feeds, RoomClients rooms, UserClients users, BackgroundTasks background, StartupWait wait, ILogger<GatewayStream> logger,
    IGatewayStreamFilter? filter = null) : IHostedService
{
    private StreamSubscriptionHandle<GatewayStreamItem>? _subscription;
    private long _lastProbe;

    /// <summary>The highest number of a probe that has arrived through the stream.</summary>
    public long LastProbe => Volatile.Read(ref _lastProbe);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) =>
        wait.UntilAsync(StartupWait.Cluster, _ => SubscribeAsync(), isTemporary: _ => true, cancellationToken);

    /// <summary>
    /// Subscribes to the gateway stream, and then ends the earlier subscription if there is one. Until the earlier
    /// subscription has ended, an event may arrive twice. The feed drops the second copy, because both copies have the
    /// same sequence.
    /// </summary>
    public async Task SubscribeAsync()
    {
        var earlier = _subscription;
        var stream = cluster.GetStreamProvider(GatewayStreamNames.Provider).GetStream<GatewayStreamItem>(GatewayStreamNames.Namespace, gateway.Id);
        _subscription = await stream.SubscribeAsync((item, _) =>
        {
            if (filter is null)
            {
                Dispatch(item);
            }
            else
            {
                filter.Received(item, Dispatch);
            }

            return Task.CompletedTask;
        });
        LogSubscribed(gateway.Id);
        if (earlier is not null)
        {
            background.Add(earlier.UnsubscribeAsync());
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_subscription is not null)
        {
            await _subscription.UnsubscribeAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Dispatch(GatewayStreamItem item)
    {
        try
        {
            Deliver(item);
        }
        catch (Exception exception)
        {
            // If this method threw, the stream would deliver the item again. A second delivery is not needed, because
            // the feed reads missing events from the message log.
            LogFailed(exception, item.GetType().Name);
        }
    }

    private void Deliver(GatewayStreamItem item)
    {
        switch (item)
        {
            case RoomEvents events:
                if (feeds.Find(events.Room) is { } feed)
                {
                    background.Add(feed.DeliverAsync(events));
                }

                break;
            case RoomPresence presence:
                rooms.OnPresence(presence);
                break;
            case RoomTyping typing:
                feeds.Find(typing.Room)?.Offer(FrameMapping.Typing(typing), user => user != typing.User);
                break;
            case RoomMark mark:
                feeds.Find(mark.Room)?.Offer(FrameMapping.Mark(mark), user => user == mark.User || (RoomKey.IsDirect(mark.Room) && !mark.OwnOnly));
                break;
            case RoomMoved moved:
                rooms.SyncAttachments(moved.Room);
                break;
            case UserNotification notification:
                users.Notify(notification.User, notification.Room, notification.From, notification.To);
                break;
            case UserConversationChanged changed:
                users.OnConversationChanged(changed.User, changed.Room, changed.Session);
                break;
            case StreamProbe probe:
                Volatile.Write(ref _lastProbe, Math.Max(_lastProbe, probe.Number));
                break;
            case SessionReplaced replaced:
                users.Replaced(replaced.Session);
                break;
        }
    }

    [LoggerMessage(201, LogLevel.Information, "Subscribed to the stream of gateway {Gateway}")]
    private partial void LogSubscribed(string gateway);

    [LoggerMessage(202, LogLevel.Error, "Dispatching a gateway stream item of type {Type} failed")]
    private partial void LogFailed(Exception exception, string type);
}
