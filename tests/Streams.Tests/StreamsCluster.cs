using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.TestingHost;
using OrleansChat.TestSupport;

namespace OrleansChat.Streams.Tests;

/// <summary>
/// Silos that communicate over real sockets, with one push stream provider. The name of the provider is unique, so only
/// the measurements of this cluster have that name.
/// </summary>
internal sealed class StreamsCluster : IAsyncDisposable
{
    private readonly TestCluster _cluster;

    private StreamsCluster(TestCluster cluster, string provider) => (_cluster, Provider) = (cluster, provider);

    public string Provider { get; }

    public StreamsMeasures Measures { get; private init; } = null!;

    public LastingStorage Subscriptions { get; private init; } = null!;

    public IReadOnlyList<SiloHandle> Silos => _cluster.Silos;

    /// <param name="silos">Number of silos. The first one cannot be stopped, because it holds the membership.</param>
    public static async Task<StreamsCluster> StartAsync(
        int silos = 1, Action<PushStreamOptions>? options = null, Action<ISiloBuilder>? configure = null, bool distributedDirectory = false)
    {
        var provider = $"streams-{Guid.NewGuid():N}";
        var measures = new StreamsMeasures(provider); // The listener must exist before the first instrument is created.
        var subscriptions = new LastingStorage();
        var builder = new TestClusterBuilder((short)silos);
        builder.Options.ConfigureFileLogging = false;
        builder.Options.InitializeClientOnDeploy = false;
        builder.Options.ConnectionTransport = ConnectionTransportType.TcpSocket;
        builder.CreateSiloAsync = async (name, configuration) => await InProcessSiloHandle.CreateAsync(
            name,
            configuration,
            host => host.UseOrleans((_, silo) =>
            {
                silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error));
                silo.Services.AddKeyedSingleton<IGrainStorage>("PubSubStore", (services, _) => subscriptions.On(services));
                silo.AddPushStreams(provider, options);
#pragma warning disable ORLEANSEXP003 // The product does not use this directory, but its streams must work with it.
                if (distributedDirectory)
                {
                    silo.AddDistributedGrainDirectory();
                }
#pragma warning restore ORLEANSEXP003
                configure?.Invoke(silo);
            }));
        var cluster = builder.Build();
        await cluster.DeployAsync();

        // A silo places no grain on another silo until it has that silo's manifest.
        await Waiting.UntilAsync(
            () => cluster.Silos.All(silo => ((InProcessSiloHandle)silo).SiloHost.Services.GetRequiredService<IClusterManifestProvider>().Current.Silos.Count == silos),
            "each silo to know all silos");
        return new StreamsCluster(cluster, provider) { Measures = measures, Subscriptions = subscriptions };
    }

    /// <summary>Returns the number of streams for which the silo keeps state.</summary>
    public int StreamsKept(SiloHandle silo) => Adapter(silo).Streams;

    public QueueId QueueOf(string stream) => Adapter(Silos[0]).GetStreamQueueMapper().GetQueueForStream(StreamId.Create("test", stream));

    private PushAdapter Adapter(SiloHandle silo) =>
        (PushAdapter)((InProcessSiloHandle)silo).SiloHost.Services.GetRequiredKeyedService<IQueueAdapterFactory>(Provider);

    public Task StopAsync(SiloHandle silo) => _cluster.StopSiloAsync(silo);

    /// <summary>Starts a host that acts as a client process, and connects it to every active silo.</summary>
    public async Task<TestGateway> ConnectAsync()
    {
        var host = Host.CreateApplicationBuilder();
        host.Logging.ClearProviders();
        host.UseOrleansClient(client => client
            .UseStaticClustering([.. Silos.Where(silo => silo.IsActive).Select(silo => silo.GatewayAddress.Endpoint)])
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (_cluster.Options.ClusterId, _cluster.Options.ServiceId))
            .AddPushStreams(Provider));
        var gateway = new TestGateway(host.Build(), Provider);
        await gateway.StartAsync();
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Measures.Dispose();
    }
}
