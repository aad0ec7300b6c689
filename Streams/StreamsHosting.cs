using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Providers;
using Orleans.Serialization;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// Adds the stream provider to silos and clients. Both must use the same name and the same provider. Subscriptions are
/// explicit and stored in the grain storage <c>PubSubStore</c>, which must be durable if there is more than one silo.
/// </summary>
public static class StreamsHosting
{
    /// <summary>
    /// The pause after an empty read, and between two checks of a queue that waits for a registration.
    /// </summary>
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// The lifecycle stage in which streams start. They stop in reverse order, so after the grains were deactivated.
    /// Orleans' default stops them first; then events that grains publish while the silo stops would not be delivered.
    /// </summary>
    private const int Stage = ServiceLifecycleStage.GrainDeactivation - 1;

    /// <summary>
    /// Adds the provider that the setting <c>Provider</c> names: <c>push</c> (the default) or <c>memory</c>.
    /// </summary>
    /// <param name="streams">
    /// The section with the setting <c>Provider</c> and those of <see cref="PushStreamOptions"/>.
    /// </param>
    /// <exception cref="OptionsValidationException">The provider is unknown; the message names the setting.</exception>
    public static ISiloBuilder AddChatStreams(this ISiloBuilder silo, string name, IConfiguration streams) =>
        ReadProvider(name, streams) is StreamProviderKind.Push
            ? silo.AddPushStreams(name, streams.Bind)
            : silo.AddTunedMemoryStreams(name);

    /// <inheritdoc cref="AddChatStreams(ISiloBuilder, string, IConfiguration)"/>
    public static IClientBuilder AddChatStreams(this IClientBuilder client, string name, IConfiguration streams) =>
        ReadProvider(name, streams) is StreamProviderKind.Push
            ? client.AddPushStreams(name)
            : client.AddMemoryStreams(name, memory => memory.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly));

    /// <summary>Adds a push stream provider to a silo. The silo does not start with invalid options.</summary>
    public static ISiloBuilder AddPushStreams(this ISiloBuilder silo, string name, Action<PushStreamOptions>? configure = null)
    {
        silo.Services.AddMetrics();
        silo.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(PushBatch).Assembly));
        silo.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PushStreamOptions>, PushStreamOptionsValidator>());
        silo.Services.AddOptions<PushStreamOptions>(name).Configure(configure ?? (_ => { })).ValidateOnStart();
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
    /// Adds the subscribing side of a push stream provider to a client. It has no options, because all limits are on
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

    /// <summary>
    /// Adds Orleans' memory streams, tuned for low latency. Polling every millisecond uses about a tenth of a core per
    /// silo.
    /// </summary>
    private static ISiloBuilder AddTunedMemoryStreams(this ISiloBuilder silo, string name) => silo.AddMemoryStreams(name, memory =>
    {
        memory.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly);
        memory.ConfigurePullingAgent(options => options.Configure(agent =>
        {
            agent.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(1);
            agent.BatchContainerBatchSize = 256;
            agent.MaxEventDeliveryTime = TimeSpan.FromSeconds(5);
        }));
        memory.Configure<StreamCacheEvictionOptions>(options => options.Configure(eviction =>
        {
            eviction.DataMinTimeInCache = TimeSpan.FromSeconds(10);
            eviction.DataMaxAgeInCache = TimeSpan.FromSeconds(30);
            eviction.MetadataMinTimeInCache = TimeSpan.FromSeconds(20);
        }));
    });

    private static StreamProviderKind ReadProvider(string name, IConfiguration streams)
    {
        var setting = streams["Provider"];
        if (setting is null)
        {
            return StreamProviderKind.Push;
        }

        if (Enum.TryParse<StreamProviderKind>(setting, ignoreCase: true, out var kind) && Enum.IsDefined(kind) && !char.IsAsciiDigit(setting[0]))
        {
            return kind;
        }

        var path = streams is IConfigurationSection section ? section.Path : "Streams";
        throw new OptionsValidationException(
            name, typeof(PushStreamOptions), [$"{path}:Provider is '{setting}'. Set it to 'push' (the default) or 'memory'."]);
    }

    private enum StreamProviderKind
    {
        Push,
        Memory,
    }
}
