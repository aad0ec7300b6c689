using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;
using OrleansChat.Streams;

namespace OrleansChat.Gateway.Cluster;

/// <summary>The gateway's connection to the cluster: an Orleans client.</summary>
internal static class ClusterClient
{
    /// <summary>
    /// Adds the Orleans client. The client connects while the host starts. The host's start completes only after the
    /// client is connected.
    /// </summary>
    public static void AddClusterClient(this WebApplicationBuilder builder)
    {
        var cluster = builder.Configuration.Read<ClusterSettings>(ClusterSettings.Section);
        builder.Services.AddSingleton(cluster);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<StartupWait>();
        builder.UseOrleansClient(client => client.AddMembership(cluster)
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Id, cluster.ServiceId))
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ClusterTimings.Response)
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = ClusterTimings.SiloListRefresh)
            .UseConnectionRetryFilter<ConnectRetry>()
            .AddPushStreams(GatewayStreamNames.Provider));
    }

    private static IClientBuilder AddMembership(this IClientBuilder client, ClusterSettings cluster) => cluster.Store is ClusterStore.Localhost
        ? client.UseLocalhostClustering(cluster.ClientPort)
        : client.UseAdoNetClustering(options =>
            (options.Invariant, options.ConnectionString) = ("Npgsql", PostgresConnectionString.WithDefaults(cluster.ConnectionString!)));
}

/// <summary>
/// Makes the Orleans client retry its connection to the cluster after every error, without a limit. Orleans' own filter
/// gives up at the first database error. But such an error can be temporary: the database may still be starting, or no
/// silo may have created the tables yet.
/// </summary>
internal sealed class ConnectRetry(StartupWait wait, TimeProvider time) : IClientConnectionRetryFilter
{
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        await Task.Delay(wait.Failed(StartupWait.Cluster, exception), time, cancellationToken);
        return true;
    }
}
