using Orleans.Streams;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The gateway's inbox: hands items to the feeds and users they are for, within the stream's callback. Nothing waits in there, as a feed
/// only puts references into queues; and what comes meanwhile gathers in the silo, bounded, and travels in the next call.
/// </summary>
internal sealed partial class GatewayInbox(
    IClusterClient cluster, GatewayId gateway, Feeds feeds, Users users, Ongoing ongoing, ILogger<GatewayInbox> logger,
    IInboxFilter? filter = null) : IHostedService
{
    private StreamSubscriptionHandle<InboxItem>? _subscription;
    private long _echoed;

    /// <summary>The last number of the gateway's own voice that came.</summary>
    public long Echoed => Volatile.Read(ref _echoed);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => FirstCall.TryAsync(SubscribeAsync, cancellationToken);

    /// <summary>Subscribes, anew where it is subscribed already: an item that then comes twice is dropped by its sequence.</summary>
    public async Task SubscribeAsync()
    {
        var earlier = _subscription;
        var stream = cluster.GetStreamProvider(Inbox.Provider).GetStream<InboxItem>(Inbox.Namespace, gateway.Id);
        _subscription = await stream.SubscribeAsync((item, _) =>
        {
            if (filter is null)
            {
                Dispatch(item);
            }
            else
            {
                filter.Came(item, Dispatch);
            }

            return Task.CompletedTask;
        });
        LogSubscribed(gateway.Id);
        if (earlier is not null)
        {
            ongoing.Add(earlier.UnsubscribeAsync());
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

    private void Dispatch(InboxItem item)
    {
        try
        {
            HandOn(item);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Thrown at the stream it would be delivered again, and what it tells comes from the log anyway.
            LogFailed(failure, item.GetType().Name);
        }
    }

    private void HandOn(InboxItem item)
    {
        switch (item)
        {
            case RoomEvents events:
                if (feeds.Find(events.Room) is { } feed)
                {
                    ongoing.Add(feed.DeliverAsync(events));
                }

                break;
            case RoomAttendance attendance:
                feeds.Tell(attendance);
                break;
            case RoomTyping typing:
                feeds.Find(typing.Room)?.Offer(room => new TypingNow(room, typing.User), user => user != typing.User);
                break;
            case RoomMark mark:
                feeds.Find(mark.Room)?.Offer(
                    room => new MarkMoved(room, mark.User, mark.Read), user => user == mark.User || RoomKey.IsDirect(mark.Room));
                break;
            case RoomMoved moved:
                feeds.AttendAgain(moved.Room);
                break;
            case UserRing ring:
                users.Ring(ring.User, ring.Room, ring.From, ring.To);
                break;
            case InboxEcho echo:
                Volatile.Write(ref _echoed, Math.Max(_echoed, echo.Number));
                break;
            case SessionReplaced replaced:
                users.Replaced(replaced.Session);
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Subscribed to the inbox of gateway {Gateway}")]
    private partial void LogSubscribed(string gateway);

    [LoggerMessage(2, LogLevel.Error, "An inbox item of type {Type} could not be handed on")]
    private partial void LogFailed(Exception failure, string type);
}
