using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// <c>/healthz/live</c>: the process responds. <c>/healthz/ready</c>: the gateway accepts connections.
/// </summary>
internal static class Health
{
    public static void AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<StartupWait>();
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
}
