using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansChat.Hosting;

namespace OrleansChat.Silo.Health;

/// <summary>The health endpoints, at the silo's own address: <c>/healthz/live</c> and <c>/healthz/ready</c>.</summary>
internal static class HealthHosting
{
    private static readonly TimeSpan LogProbe = TimeSpan.FromSeconds(2);

    public static void AddHealth(this WebApplicationBuilder builder)
    {
        var here = builder.Configuration.Read<SiloSettings>(SiloSettings.Section);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(here.IPAddress, here.HealthPort));
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<Readiness>());
        builder.Services.AddHealthChecks().AddCheck<Readiness>("ready", timeout: LogProbe);
    }

    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/healthz/ready", new HealthCheckOptions { ResponseWriter = WriteReasonAsync });
    }

    private static Task WriteReasonAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsync(report.Entries.Values.Select(entry => entry.Description).FirstOrDefault() ?? report.Status.ToString());
}
