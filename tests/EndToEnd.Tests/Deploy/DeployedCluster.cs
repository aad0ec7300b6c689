using OrleansChat.Testing;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>Every process of some workloads, started at the same time, on a database of their own.</summary>
internal sealed class DeployedCluster(IReadOnlyList<RunningPod> pods) : IAsyncDisposable
{
    private const string Ready = "/healthz/ready";

    public IReadOnlyList<RunningPod> Pods => pods;

    public RunningPod[] Silos => [.. pods.Where(pod => pod.Workload.Program == "Silo")];

    public RunningPod[] Gateways => [.. pods.Where(pod => pod.Workload.Program == "Gateway")];

    /// <summary>Starts all and waits until each is ready.</summary>
    public static async Task<DeployedCluster> StartAsync(BuiltImages images, IReadOnlyList<Workload> workloads)
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var cluster = new DeployedCluster(
            [.. workloads.SelectMany(workload => Enumerable.Range(1, workload.Replicas).Select(number =>
                RunningPod.Start(images, workload, $"{workload.Name.Split(' ')[1]}-{number}", connection)))]);
        try
        {
            await Task.WhenAll(cluster.Pods.Select(pod => pod.ReadyAsync(Ready, Health(pod), Patience(pod))));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells all to stop at once.</summary>
    public static Task StopAsync(IEnumerable<RunningPod> leaving) => Task.WhenAll(leaving.Select(pod => pod.StopAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in pods)
        {
            await pod.DisposeAsync();
        }
    }

    // The last port of both images is the one that answers about health.
    private static int Health(RunningPod pod) => pod.Workload.Image.Ports[^1];

    private static TimeSpan Patience(RunningPod pod) =>
        pod.Workload.Probes.FirstOrDefault(probe => probe.Kind == "startup")?.Budget ?? TimeSpan.FromSeconds(100);
}
