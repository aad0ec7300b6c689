using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Silo.Clustering;

/// <summary>Configures the silo's addresses, the cluster membership and the store of stream subscriptions.</summary>
internal static class ClusterHosting
{
    private const string Npgsql = "Npgsql";

    public static ISiloBuilder AddCluster(this ISiloBuilder silo, IConfiguration configuration)
    {
        var here = configuration.Read<SiloSettings>(SiloSettings.Section);
        var cluster = configuration.Read<ClusterSettings>(ClusterSettings.Section);
        FreePorts.Check(here);

        return silo.AddMembership(here, cluster).AddSubscriptionStore(cluster)
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Id, cluster.ServiceId))
            .Configure<SiloOptions>(options => options.SiloName = here.Name ?? options.SiloName)
            .AddTimings(cluster.JoinWithin);
    }

    /// <summary>
    /// Adds a service that creates and migrates Orleans' own tables. Services that are added later start after it. Adds
    /// no service if <c>Cluster:Store</c> is localhost.
    /// </summary>
    public static void AddOrleansTables(this IHostApplicationBuilder builder)
    {
        var cluster = builder.Configuration.Read<ClusterSettings>(ClusterSettings.Section);
        builder.Services.AddSingleton(cluster);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<StartupWait>();
        if (cluster.Store is ClusterStore.Postgres)
        {
            builder.Services.AddHostedService<OrleansTables>();
        }
    }

    private static ISiloBuilder AddMembership(this ISiloBuilder silo, SiloSettings here, ClusterSettings cluster)
    {
        if (cluster.Store is ClusterStore.Localhost)
        {
            return IPAddress.IsLoopback(here.IPAddress)
                ? silo.UseLocalhostClustering(here.Port, here.ClientPort)
                : throw new OptionsValidationException(SiloSettings.Section, typeof(SiloSettings),
                    [$"Silo:Address: {here.Address} is not a loopback address, but Cluster:Store localhost requires one. Set Cluster:Store to postgres, or set Silo:Address to 127.0.0.1."]);
        }

        ThrowIfNotOurs(here);
        silo.Services.AddSingleton<SubscriptionCleaner>();
        silo.Services.AddSingleton<IGatewayStateCleaner>(services => services.GetRequiredService<SubscriptionCleaner>());
        silo.Services.AddHostedService(services => services.GetRequiredService<SubscriptionCleaner>());
        return silo
            .Configure<EndpointOptions>(options =>
                (options.AdvertisedIPAddress, options.SiloPort, options.GatewayPort) = (here.IPAddress, here.Port, here.ClientPort))
            .UseAdoNetClustering(options =>
                (options.Invariant, options.ConnectionString) = (Npgsql, PostgresConnectionString.WithDefaults(cluster.ConnectionString!)));
    }

    /// <summary>
    /// Checks that <c>Silo:Address</c> is an address of this machine. Without this check, the start would fail later,
    /// with an error that does not name the setting.
    /// </summary>
    private static void ThrowIfNotOurs(SiloSettings here)
    {
        try
        {
            using var socket = new Socket(here.IPAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(here.IPAddress, 0));
        }
        catch (SocketException exception)
        {
            throw new OptionsValidationException(SiloSettings.Section, typeof(SiloSettings),
                [$"Silo:Address: this machine cannot listen on {here.Address} ({exception.Message}). Set an address of this machine that other silos and gateways can reach."]);
        }
    }

    private static ISiloBuilder AddSubscriptionStore(this ISiloBuilder silo, ClusterSettings cluster) => cluster.Store is ClusterStore.Localhost
        ? silo.AddMemoryGrainStorage(GatewayStreamNames.SubscriptionStore) // The cluster has no other silo, so subscriptions need not outlive this silo.
        : silo.AddAdoNetGrainStorage(GatewayStreamNames.SubscriptionStore, options =>
        {
            (options.Invariant, options.ConnectionString) = (Npgsql, PostgresConnectionString.WithDefaults(cluster.ConnectionString!));
            options.DeleteStateOnClear = true; // A stream's id is never reused, so its cleared row is not needed.
        });

    private static ISiloBuilder AddTimings(this ISiloBuilder silo, TimeSpan joinWithin) => silo
        .Configure<ClusterMembershipOptions>(options =>
        {
            options.ProbeTimeout = ClusterTimings.Probe;
            options.MaxProbeTimeout = ClusterTimings.MaxProbe;
            options.TableRefreshTimeout = ClusterTimings.TableRefresh;
            options.IAmAliveTablePublishTimeout = ClusterTimings.IAmAlive;
            options.MaxJoinAttemptTime = joinWithin;
        })
        .Configure<SiloMessagingOptions>(options =>
        {
            options.ResponseTimeout = ClusterTimings.Response;
            options.SystemResponseTimeout = ClusterTimings.Response;
            options.ClientDropTimeout = ClusterTimings.ClientDrop;
            options.ClientGatewayShutdownNotificationTimeout = ClusterTimings.Farewell;
        });
}
