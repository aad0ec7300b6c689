using OrleansChat.TestSupport;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// All processes of some workloads, started at the same time. The processes share one database, which no other test
/// uses.
/// </summary>
internal sealed class DeployedCluster(IReadOnlyList<RunningPod> pods) : IAsyncDisposable
{
    private const string Ready = "/healthz/ready";

    public IReadOnlyList<RunningPod> Pods => pods;

    public RunningPod[] Silos => [.. pods.Where(pod => pod.Workload.Program == "Silo")];

    public RunningPod[] Gateways => [.. pods.Where(pod => pod.Workload.Program == "Gateway")];

    /// <summary>The connection string of the gateways' own database user.</summary>
    public required string GatewayConnection { get; init; }

    /// <summary>Starts all processes and waits until each is ready.</summary>
    public static async Task<DeployedCluster> StartAsync(IImages images, IReadOnlyList<Workload> workloads)
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var gateways = GatewayRole.ConnectionString(connection);
        var cluster = new DeployedCluster(
            [.. workloads.SelectMany(workload => Enumerable.Range(1, workload.Replicas).Select(number =>
                RunningPod.Start(
                    images, workload, $"{workload.Name.Split(' ')[1]}-{number}", workload.Program == "Gateway" ? gateways : connection)))])
        {
            GatewayConnection = gateways,
        };
        try
        {
            // Until their database user exists, the gateways cannot log in to the database. The gateways retry until
            // the user exists, as in any new deployment.
            await GatewayRole.CreateAsync(connection);
            await Task.WhenAll(cluster.Pods.Select(pod => pod.ReadyAsync(Ready, Health(pod), Patience(pod))));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops some pods at the same time.</summary>
    public static Task StopAsync(IEnumerable<RunningPod> leaving) => Task.WhenAll(leaving.Select(pod => pod.StopAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in pods)
        {
            await pod.DisposeAsync();
        }
    }

    // In both images, the last exposed port serves the health checks.
    private static int Health(RunningPod pod) => pod.Workload.Image.Ports[^1];

    private static TimeSpan Patience(RunningPod pod) =>
        pod.Workload.Probes.FirstOrDefault(probe => probe.Kind == "startup")?.Budget ?? TimeSpan.FromSeconds(100);
}
