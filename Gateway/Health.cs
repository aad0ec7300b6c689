using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansChat.Gateway.Fanout;

namespace OrleansChat.Gateway;

/// <summary><c>/healthz/live</c>: the process answers. <c>/healthz/ready</c>: new connections are welcome.</summary>
internal static class Health
{
    /// <summary>Adds the checks.</summary>
    public static void AddHealth(this WebApplicationBuilder builder) => builder.Services.AddHealthChecks().AddCheck<Readiness>("ready");

    /// <summary>Serves both.</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/healthz/ready", new HealthCheckOptions
        {
            ResponseWriter = (context, report) => context.Response.WriteAsync(report.Entries["ready"].Description ?? report.Status.ToString()),
        });
    }

    /// <summary>Ready is a gateway whose lease holds and that is not going away.</summary>
    private sealed class Readiness(GatewayLease lease, IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(
                lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("Going away.")
                : !lease.Holds ? HealthCheckResult.Unhealthy("The lease does not hold.")
                : HealthCheckResult.Healthy("Ready."));
    }
}
