using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansChat.Grains.MessageLog;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Silo.Health;

/// <summary>
/// Reports whether the silo is ready: it has joined the cluster, is not leaving it, and can write to the message log. A
/// recent commit proves that the log can be written. If there is no recent commit, the check writes to the log
/// (<see cref="IMessageStore.ProbeAsync"/>). <see cref="StoreWatch"/> logs when writes begin to fail and when they
/// succeed again.
/// </summary>
internal sealed class Readiness(IMessageStore store, StartupWait wait, TimeProvider time) : IHealthCheck, ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>
    /// How long a check may take. The check stops waiting after this time. The check does not rely on cancellation,
    /// because name resolution ignores cancellation.
    /// </summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Task _probe = Task.CompletedTask;
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
            return HealthCheckResult.Unhealthy(wait.Reason ?? "The silo has not joined the cluster yet, or is leaving it.");
        }

        try
        {
            await Probe().WaitAsync(ProbeTimeout, time, cancellationToken);
            return HealthCheckResult.Healthy("Ready.");
        }
        catch (MessageLogUnavailableException exception)
        {
            return HealthCheckResult.Unhealthy($"The message log cannot be written. {exception.Message}");
        }
        catch (TimeoutException)
        {
            return HealthCheckResult.Unhealthy($"The message log did not answer within {ProbeTimeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>Starts a probe, or joins the one that is running. So concurrent checks share one outcome.</summary>
    private Task Probe()
    {
        lock (_lock)
        {
            return _probe = _probe.IsCompleted ? Task.Run(() => store.ProbeAsync(CancellationToken.None)) : _probe;
        }
    }

    private Task Become(bool active)
    {
        _active = active;
        return Task.CompletedTask;
    }
}
