using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansChat.Grains.Log;

namespace OrleansChat.Silo.Health;

/// <summary>Ready is a silo that has joined, does not leave yet, and reaches the log.</summary>
internal sealed class Readiness(IMessageLog log) : IHealthCheck, ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly string[] AnyRoom = ["lobby"];

    private volatile bool _active;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(Readiness),
        ServiceLifecycleStage.Active,
        _ => Become(active: true),
        _ => Become(active: false));

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!_active)
        {
            return HealthCheckResult.Unhealthy("The silo is not active.");
        }

        try
        {
            await log.HeadsAsync(AnyRoom, cancellationToken);
            return HealthCheckResult.Healthy("Ready.");
        }
        catch (LogUnavailableException unavailable)
        {
            return HealthCheckResult.Unhealthy("The log cannot be reached.", unavailable);
        }
    }

    private Task Become(bool active)
    {
        _active = active;
        return Task.CompletedTask;
    }
}
