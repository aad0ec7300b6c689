using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Hosting;

namespace OrleansChat.Silo.Clustering;

/// <summary>This silo's place in the cluster, and where the cluster keeps what it knows of itself.</summary>
internal static class ClusterHosting
{
    private const string Npgsql = "Npgsql";

    public static ISiloBuilder AddCluster(this ISiloBuilder silo, IConfiguration configuration)
    {
        var here = configuration.Read<SiloSettings>(SiloSettings.Section);
        var cluster = configuration.Read<ClusterSettings>(ClusterSettings.Section);
        silo.Services.AddSingleton(cluster);

        return silo.AddMembership(here, cluster).AddSubscriptionStore(cluster)
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Id, cluster.ServiceId))
            .Configure<SiloOptions>(options => options.SiloName = here.Name ?? options.SiloName)
            .AddTimings(cluster.Timings);
    }

    private static ISiloBuilder AddMembership(this ISiloBuilder silo, SiloSettings here, ClusterSettings cluster)
    {
        if (cluster.Store is ClusterStore.Localhost)
        {
            return IPAddress.IsLoopback(here.IPAddress)
                ? silo.UseLocalhostClustering(here.Port, here.GatewayPort)
                : throw new OptionsValidationException(SiloSettings.Section, typeof(SiloSettings),
                    [$"Silo:Address: {here.Address} is not this machine's own, and Cluster:Store is localhost; say postgres there."]);
        }

        // Before the silo itself starts, for membership is the first thing it asks for.
        silo.Services.AddHostedService<OrleansTables>();
        return silo
            .Configure<EndpointOptions>(options =>
                (options.AdvertisedIPAddress, options.SiloPort, options.GatewayPort) = (here.IPAddress, here.Port, here.GatewayPort))
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Npgsql, cluster.ConnectionString));
    }

    private static ISiloBuilder AddSubscriptionStore(this ISiloBuilder silo, ClusterSettings cluster) => cluster.Store is ClusterStore.Localhost
        ? silo.AddMemoryGrainStorage(Inbox.SubscriptionStore) // There is no other silo for which they would have to outlive this one.
        : silo.AddAdoNetGrainStorage(Inbox.SubscriptionStore, options =>
        {
            (options.Invariant, options.ConnectionString) = (Npgsql, cluster.ConnectionString);
            options.DeleteStateOnClear = true; // An inbox is never used again, so that cleared rows would only pile up.
        });

    private static ISiloBuilder AddTimings(this ISiloBuilder silo, ClusterTimings timings) => silo
        .Configure<ClusterMembershipOptions>(options =>
        {
            options.ProbeTimeout = timings.Probe;
            options.MaxProbeTimeout = timings.LongestProbe;
            options.TableRefreshTimeout = timings.TableRefresh;
            options.IAmAliveTablePublishTimeout = timings.IAmAlive;
            options.MaxJoinAttemptTime = timings.JoinWithin;
        })
        .Configure<SiloMessagingOptions>(options =>
        {
            options.ResponseTimeout = timings.Response;
            options.SystemResponseTimeout = timings.Response;
            options.ClientDropTimeout = timings.ClientDrop;
            options.ClientGatewayShutdownNotificationTimeout = timings.Farewell;
        });
}
