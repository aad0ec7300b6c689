using Orleans.Configuration;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Hosting;
using OrleansChat.Streams;

namespace OrleansChat.Gateway;

/// <summary>The gateway's side of the cluster: an Orleans client.</summary>
internal static class ClusterClient
{
    /// <summary>Connects when the host starts; the host is not started before the cluster is reached.</summary>
    public static void AddClusterClient(this WebApplicationBuilder builder)
    {
        var cluster = builder.Configuration.Read<ClusterSettings>(ClusterSettings.Section);
        builder.Services.AddSingleton(cluster);
        builder.UseOrleansClient(client => client.AddMembership(cluster)
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Id, cluster.ServiceId))
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = cluster.Timings.Response)
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = cluster.Timings.SiloListRefresh)
            .UseConnectionRetryFilter<ConnectRetry>()
            .AddChatStreams(Inbox.Provider, builder.Configuration.GetSection("Streams")));
    }

    private static IClientBuilder AddMembership(this IClientBuilder client, ClusterSettings cluster) => cluster.Store is ClusterStore.Localhost
        ? client.UseLocalhostClustering(cluster.GatewayPort)
        : client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.ConnectionString));
}

/// <summary>
/// Tries again to reach the cluster, whatever the trouble: Orleans' own filter gives up at once where the trouble is the database's (it is
/// still starting, or no silo has made the tables yet). Gives up after <see cref="ClusterSettings.ConnectWithin"/>.
/// </summary>
internal sealed partial class ConnectRetry(ClusterSettings cluster, TimeProvider time, ILogger<ConnectRetry> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(4);

    private readonly long _start = time.GetTimestamp();
    private int _tries;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        var passed = time.GetElapsedTime(_start);
        var pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, Pause.Ticks << Math.Min(_tries++, 8)));
        if (passed + pause > cluster.ConnectWithin)
        {
            GaveUp(_tries, passed.TotalSeconds, exception.Message);
            return false;
        }

        TryAgain(_tries, pause.TotalSeconds, exception.Message);
        await Task.Delay(pause, time, cancellationToken);
        return true;
    }

    [LoggerMessage(1, LogLevel.Warning, "The cluster cannot be reached (try {Tries}), again in {Pause} s: {Reason}")]
    private partial void TryAgain(int tries, double pause, string reason);

    [LoggerMessage(2, LogLevel.Error, "The cluster could not be reached in {Tries} tries over {Passed:0} s (Cluster:ConnectWithin): {Reason}")]
    private partial void GaveUp(int tries, double passed, string reason);
}
