using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Orleans.Streams;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The gateway's inbox. An Orleans client runs all its stream callbacks one after another, so the callback queues the item and
/// returns; one loop hands items to the feeds and users they are for.
/// </summary>
internal sealed partial class GatewayInbox(
    IClusterClient cluster, GatewayId gateway, Feeds feeds, Users users, Ongoing ongoing, IOptions<FanoutOptions> options,
    FanoutInstruments instruments, ILogger<GatewayInbox> logger, IInboxFilter? filter = null) : BackgroundService
{
    private readonly Channel<InboxItem> _items = Channel.CreateBounded<InboxItem>(
        new BoundedChannelOptions(options.Value.InboxItems) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
        _ => instruments.LetGo());

    private StreamSubscriptionHandle<InboxItem>? _subscription;
    private long _echoed;

    /// <summary>The last number of the gateway's own voice that came.</summary>
    public long Echoed => Volatile.Read(ref _echoed);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await FirstCall.TryAsync(SubscribeAsync, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Subscribes, anew where it is subscribed already: an item that then comes twice is dropped by its sequence.</summary>
    public async Task SubscribeAsync()
    {
        var earlier = _subscription;
        var stream = cluster.GetStreamProvider(Inbox.Provider).GetStream<InboxItem>(Inbox.Namespace, gateway.Id);
        _subscription = await stream.SubscribeAsync((item, _) =>
        {
            if (filter is null)
            {
                Queue(item);
            }
            else
            {
                filter.Came(item, Queue);
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
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_subscription is not null)
        {
            await _subscription.UnsubscribeAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _items.Reader.WaitToReadAsync(stoppingToken))
        {
            while (_items.Reader.TryRead(out var item))
            {
                DispatchSafely(item);
            }
        }
    }

    private void DispatchSafely(InboxItem item)
    {
        try
        {
            Dispatch(item);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailed(failure, item.GetType().Name);
        }
    }

    private void Queue(InboxItem item) => _items.Writer.TryWrite(item);

    private void Dispatch(InboxItem item)
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
