using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Silo.Health;

/// <summary>
/// Adds the health endpoints <c>/healthz/live</c> and <c>/healthz/ready</c>, at the silo's address and
/// <c>Silo:HealthPort</c>.
/// </summary>
internal static class HealthHosting
{
    public static void AddHealth(this WebApplicationBuilder builder)
    {
        var here = builder.Configuration.Read<SiloSettings>(SiloSettings.Section);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(here.IPAddress, here.HealthPort));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<Readiness>());
        builder.Services.AddHealthChecks().AddCheck<Readiness>("ready");
        builder.Logging.QuietHealthChecks();
    }

    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/healthz/ready", new HealthCheckOptions { ResponseWriter = WriteReasonAsync });
    }

    private static Task WriteReasonAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsync(report.Entries.Values.Select(entry => entry.Description).FirstOrDefault() ?? report.Status.ToString());
}
