using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Hosting;

namespace OrleansChat.Gateway;

/// <summary>
/// <c>/healthz/live</c>: the process responds. <c>/healthz/ready</c>: the gateway accepts connections.
/// </summary>
internal static class Health
{
    public static void AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<StartupWait>();
        builder.Services.AddHealthChecks().AddCheck<Readiness>("ready");
        builder.Logging.QuietHealthChecks();
    }

    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/healthz/ready", new HealthCheckOptions
        {
            ResponseWriter = (context, report) => context.Response.WriteAsync(report.Entries["ready"].Description ?? report.Status.ToString()),
        });
    }

    /// <summary>A gateway is ready if it has reached the cluster, has a valid lease and is not stopping.</summary>
    private sealed class Readiness(GatewayLease lease, StartupWait wait, IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(
                lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("Stopping.")
                : wait.Reason is { } reason ? HealthCheckResult.Unhealthy(reason)
                : !lifetime.ApplicationStarted.IsCancellationRequested ? HealthCheckResult.Unhealthy("Starting.")
                : !lease.Holds ? HealthCheckResult.Unhealthy("The gateway has no valid lease.")
                : HealthCheckResult.Healthy("Ready."));
    }
}
