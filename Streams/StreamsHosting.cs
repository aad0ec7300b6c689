using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime.Providers;
using Orleans.Serialization;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// Adds the stream provider to silos and clients. Silos and clients must use the same name. Subscriptions are explicit.
/// Orleans stores the subscriptions in the grain storage <c>PubSubStore</c>, which must be durable if there is more
/// than one silo.
/// </summary>
public static class StreamsHosting
{
    /// <summary>
    /// How long a pulling agent pauses after an empty read, and between two checks of a queue that waits for the
    /// registration of a stream.
    /// </summary>
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// The lifecycle stage in which streams start. Stages stop in reverse order, so streams stop after the grains are
    /// deactivated. With Orleans' default stage, streams stop first, and events that grains publish while the silo
    /// stops are not delivered.
    /// </summary>
    private const int Stage = ServiceLifecycleStage.GrainDeactivation - 1;

    /// <summary>Adds a push stream provider to a silo.</summary>
    public static ISiloBuilder AddPushStreams(this ISiloBuilder silo, string name, Action<PushStreamOptions>? configure = null)
    {
        silo.Services.AddMetrics();
        silo.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(PushBatch).Assembly));
        silo.Services.AddOptions<PushStreamOptions>(name).Configure(configure ?? (_ => { }));
        return silo.AddPersistentStreams(name, CreateAdapter, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly);
            streams.ConfigureLifecycle(lifecycle => lifecycle.Configure(stages => stages.StartStage = Stage));
            streams.ConfigurePartitionBalancing((_, _) => new PrivateQueueBalancer());
            streams.ConfigureBackoffProvider(IMessageDeliveryBackoffProvider (_, _) => new DeliveryBackoff());
            streams.ConfigurePullingAgent(options => options.Configure<IOptionsMonitor<PushStreamOptions>>((agent, push) =>
            {
                agent.GetQueueMsgsTimerPeriod = BetweenReads;
                agent.BatchContainerBatchSize = 1; // RingCursor joins batches into one delivery.
                agent.MaxEventDeliveryTime = push.Get(name).MaxEventDeliveryTime;
            }));
        });
    }

    /// <summary>
    /// Adds the subscribing side of a push stream provider to a client. There are no options, because all limits are on
    /// silos.
    /// </summary>
    public static IClientBuilder AddPushStreams(this IClientBuilder client, string name)
    {
        client.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(PushBatch).Assembly));
        return client.AddPersistentStreams(
            name,
            (_, provider) => new ReadOnlyAdapter(provider),
            streams => streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly));
    }

    private static PushAdapter CreateAdapter(IServiceProvider services, string name) => new(
        name,
        services.GetRequiredService<IOptionsMonitor<PushStreamOptions>>().Get(name),
        services.GetRequiredService<DeepCopier>(),
        new StreamsInstruments(services.GetRequiredService<IMeterFactory>(), name),
        services.GetRequiredService<ILoggerFactory>(),
        services.GetService<TimeProvider>() ?? TimeProvider.System);
}
