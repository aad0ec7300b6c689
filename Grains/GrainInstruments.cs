using System.Diagnostics.Metrics;

namespace OrleansChat.Grains;

/// <summary>The metrics of the grains on a silo.</summary>
internal sealed class GrainInstruments
{
    public const string MeterName = "OrleansChat.Grains";

    public GrainInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        Posts = meter.CreateCounter<long>("orleanschat.room.append.entries", "{entry}", "Entries whose sender got an answer after the append, by outcome: posted, duplicate or conflict.");
        BatchSize = meter.CreateHistogram<int>("orleanschat.room.append.batch_size", "{entry}", "Entries in one append.");
        AppendDuration = meter.CreateHistogram<double>(
            "orleanschat.room.append.duration", "s", "Time from the arrival of an entry at its room to its commit.");
        Fenced = meter.CreateCounter<long>(
            "orleanschat.room.fenced", "{activation}",
            "Activations that stepped down because a newer activation owns their room.");
        MessageLogUnavailable = meter.CreateCounter<long>(
            "orleanschat.room.append.unavailable", "{batch}", "Batches refused because the message log was unavailable.");
        PublishesFailed = meter.CreateCounter<long>(
            "orleanschat.room.publish.failed", "{item}", "Items that a gateway's stream did not accept. The gateway reads their events from the message log.");
        PublishesDropped = meter.CreateCounter<long>(
            "orleanschat.room.publish.dropped", "{item}", "Items dropped because too many waited for one gateway. The gateway reads their events from the message log.");
        Notifications = meter.CreateCounter<long>("orleanschat.room.notifications", "{notification}", "Notifications sent to members.");
        NotificationsDropped = meter.CreateCounter<long>(
            "orleanschat.room.notifications.dropped", "{notification}", "Notifications dropped after the last attempt.");
        Attached = meter.CreateUpDownCounter<long>("orleanschat.room.attached", "{user}", "Users attached to rooms of this silo; one user in two rooms counts twice.");
        GatewaysGone = meter.CreateCounter<long>(
            "orleanschat.gateway.deaths", "{gateway}", "Gateways that this silo marked as dead, because their lease had ended.");
    }

    public Counter<long> Posts { get; }

    public Histogram<int> BatchSize { get; }

    public Histogram<double> AppendDuration { get; }

    public Counter<long> Fenced { get; }

    public Counter<long> MessageLogUnavailable { get; }

    public Counter<long> PublishesFailed { get; }

    public Counter<long> PublishesDropped { get; }

    public Counter<long> Notifications { get; }

    public Counter<long> NotificationsDropped { get; }

    public UpDownCounter<long> Attached { get; }

    public Counter<long> GatewaysGone { get; }
}
