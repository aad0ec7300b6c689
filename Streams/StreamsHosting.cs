using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.Providers;
using Orleans.Serialization;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// Adds a stream provider to silos and clients: both sides of a cluster use the same name and the same provider. Subscriptions are explicit
/// and kept in the grain storage named <c>PubSubStore</c>, which must be durable where there is more than one silo.
/// </summary>
public static class StreamsHosting
{
    /// <summary>What follows after a read that came back empty, and between looks at a queue that waits for a registration.</summary>
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// When streams start and, on the way back, stop: after the grains have left. Orleans' own order stops them first, and what grains say
    /// while the silo says farewell to its clients, and in leaving, would reach nobody.
    /// </summary>
    private const int Stage = ServiceLifecycleStage.GrainDeactivation - 1;

    /// <summary>Adds the provider that the configuration names. <c>Provider</c> is <c>push</c> (the default) or <c>memory</c>.</summary>
    /// <param name="streams">The section of <see cref="PushStreamOptions"/>, which also names the provider.</param>
    /// <exception cref="OptionsValidationException">There is no such provider; the message names the setting.</exception>
    public static ISiloBuilder AddChatStreams(this ISiloBuilder silo, string name, IConfiguration streams) =>
        ProviderOf(name, streams) is StreamProviderKind.Push
            ? silo.AddPushStreams(name, streams.Bind)
            : silo.AddTunedMemoryStreams(name);

    /// <inheritdoc cref="AddChatStreams(ISiloBuilder, string, IConfiguration)"/>
    public static IClientBuilder AddChatStreams(this IClientBuilder client, string name, IConfiguration streams) =>
        ProviderOf(name, streams) is StreamProviderKind.Push
            ? client.AddPushStreams(name)
            : client.AddMemoryStreams(name, memory => memory.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly));

    /// <summary>Adds a push stream provider to a silo. Bad options stop the silo from starting.</summary>
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
                agent.BatchContainerBatchSize = 1; // A cursor makes whole deliveries itself.
                agent.MaxEventDeliveryTime = push.Get(name).MaxEventDeliveryTime;
            }));
        });
    }

    /// <summary>Adds the subscribing side of a push stream provider to a client. It takes no options: all bounds are the silos'.</summary>
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

    /// <summary>Orleans' own memory streams with the latency of a chat: the poll costs about a tenth of a core a silo.</summary>
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

    private static StreamProviderKind ProviderOf(string name, IConfiguration streams)
    {
        var setting = streams["Provider"];
        if (setting is null)
            return StreamProviderKind.Push;
        if (Enum.TryParse<StreamProviderKind>(setting, ignoreCase: true, out var kind) && Enum.IsDefined(kind) && !char.IsAsciiDigit(setting[0]))
            return kind;

        var path = streams is IConfigurationSection section ? section.Path : "Streams";
        throw new OptionsValidationException(
            name, typeof(PushStreamOptions), [$"{path}:Provider is '{setting}'; it can be 'push' (the default) or 'memory'."]);
    }

    private enum StreamProviderKind
    {
        Push,
        Memory,
    }
}
