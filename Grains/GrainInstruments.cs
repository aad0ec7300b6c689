using System.Diagnostics.Metrics;

namespace OrleansChat.Grains;

/// <summary>What the grains of a silo count and time.</summary>
internal sealed class GrainInstruments
{
    public const string MeterName = "OrleansChat.Grains";

    public GrainInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        Posts = meter.CreateCounter<long>("chat.append.posts", "{entry}", "Entries answered after an append; tag outcome: posted, duplicate, conflict.");
        BatchSize = meter.CreateHistogram<int>("chat.append.batch", "{entry}", "Entries of one append.");
        AppendWait = meter.CreateHistogram<double>("chat.append.wait", "ms", "From an entry's arrival to its commit.");
        Fenced = meter.CreateCounter<long>("chat.append.fenced", "{activation}", "Activations that found a newer owner of their room.");
        LogAway = meter.CreateCounter<long>("chat.append.unavailable", "{batch}", "Batches whose log was away.");
        PublishesFailed = meter.CreateCounter<long>("chat.publish.failed", "{item}", "Items that an inbox did not take; its gateway repairs from the log.");
        PublishesDropped = meter.CreateCounter<long>("chat.publish.dropped", "{item}", "Items dropped because too many waited for one inbox.");
        Rings = meter.CreateCounter<long>("chat.rings", "{ring}", "Bells of members rung.");
        RingsDropped = meter.CreateCounter<long>("chat.rings.dropped", "{ring}", "Bells given up after the last attempt.");
        Attached = meter.CreateUpDownCounter<long>("chat.attached", "{user}", "Users attached to rooms of this silo; one user in two rooms counts twice.");
        GatewaysGone = meter.CreateCounter<long>("chat.gateways.gone", "{gateway}", "Gateways found without a lease.");
    }

    public Counter<long> Posts { get; }

    public Histogram<int> BatchSize { get; }

    public Histogram<double> AppendWait { get; }

    public Counter<long> Fenced { get; }

    public Counter<long> LogAway { get; }

    public Counter<long> PublishesFailed { get; }

    public Counter<long> PublishesDropped { get; }

    public Counter<long> Rings { get; }

    public Counter<long> RingsDropped { get; }

    public UpDownCounter<long> Attached { get; }

    public Counter<long> GatewaysGone { get; }
}
