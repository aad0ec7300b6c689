using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Gateway.Cluster;

/// <summary>A gateway is ready if it has reached the cluster, has a valid lease and is not stopping.</summary>
internal sealed class Readiness(GatewayLease lease, StartupWait wait, IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("Stopping.")
            : wait.Reason is { } reason ? HealthCheckResult.Unhealthy(reason)
            : !lifetime.ApplicationStarted.IsCancellationRequested ? HealthCheckResult.Unhealthy("Starting.")
            : !lease.Holds ? HealthCheckResult.Unhealthy("The gateway has no valid lease.")
            : HealthCheckResult.Healthy("Ready."));
}
