using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// Keeps the gateways' leases in memory. A new activation knows no gateway. During its first
/// <see cref="Lease.Length"/>, a gateway without a lease may be alive, because the gateway may not have renewed its
/// lease yet. The registry also raises the version of the log, after every silo and gateway has known the new version
/// long enough (<see cref="VersionGate"/>).
/// </summary>
[GrainType("gatewayregistry")]
internal sealed partial class GatewayRegistryGrain : Grain, IGatewayRegistryGrain, IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>
    /// If no timer tick ran for this time, this process was paused and could receive no renewals. A shorter pause must
    /// not make a lease expire. So this time must be less than the length of a lease minus one renewal period.
    /// </summary>
    private static readonly TimeSpan MaxTickGap = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _time;
    private readonly IClusterMembershipService _cluster;
    private readonly SiloVersions _silos;
    private readonly ILogger<GatewayRegistryGrain> _logger;
    private readonly Leases _leases;
    private readonly VersionGate _gate;
    private readonly VersionRaiser _raiser;
    private readonly CancellationTokenSource _stopping = new();
    private Task _step = Task.CompletedTask;
    private long _ticked;

    public GatewayRegistryGrain(
        TimeProvider time, IClusterMembershipService cluster, SiloVersions silos, IMessageLog log, ILogger<GatewayRegistryGrain> logger,
        IGatewayStateCleaner? cleaner = null)
    {
        (_time, _cluster, _silos, _logger) = (time, cluster, silos, logger);
        _leases = new(time, ended => cleaner?.Ended(ended));
        _gate = new(time);
        _raiser = new(_gate, log, time, logger);
        _ticked = time.GetTimestamp();
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The activation stays even without gateways, because it remembers the ids that must not get a lease again.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(WakeAsync, new() { DueTime = Tick, Period = Tick });
        StartStep();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _step.WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose() => _stopping.Dispose();

    public Task<LeaseGrant> RenewAsync(string gateway) => RenewAsync(gateway, LogVersion.First);

    public Task<LeaseGrant> RenewAsync(string gateway, int version)
        => Task.FromResult(new LeaseGrant(Renew(gateway, version), _cluster.CurrentSnapshot.Version.Value));

    public Task<DrainShare> DrainAsync(string gateway, int connections) => Task.FromResult(Awake().Drain(gateway, connections));

    public Task ReleaseAsync(string gateway)
    {
        Awake().Release(gateway);
        return Task.CompletedTask;
    }

    public Task<LiveGateways> LiveAsync() => Task.FromResult(new LiveGateways(Awake().Live(), _leases.IsWarmedUp));

    private bool Renew(string gateway, int version)
    {
        var leases = Awake();
        if (_gate.Admits(version))
        {
            return leases.Renew(gateway, version);
        }

        if (leases.Release(gateway))
        {
            LogTooOld(gateway, version, VersionGate.Version);
        }

        return false;
    }

    private Task WakeAsync(CancellationToken cancellationToken)
    {
        Awake();
        _ticked = _time.GetTimestamp();
        StartStep();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Starts the next step towards the log's new version, if no step runs. No call and no timer tick waits for the
    /// step, so a slow log does not delay renewals.
    /// </summary>
    private void StartStep()
    {
        if (_step.IsCompleted)
        {
            _step = _raiser.StepAsync(() => new(_silos.Current(), Awake().Versions(), _leases.IsWarmedUp), _stopping.Token);
        }
    }

    /// <summary>Returns the leases. If this process was paused, restarts the leases first.</summary>
    private Leases Awake()
    {
        if (_time.GetElapsedTime(_ticked) >= MaxTickGap)
        {
            _ticked = _time.GetTimestamp();
            _leases.OnClockJump();
        }

        return _leases;
    }

    [LoggerMessage(314, LogLevel.Warning, "Gateway {Gateway} gets no lease: log version {InUse} is in use, and the gateway knows only versions up to {Known}. Upgrade the gateway to the version of the silos")]
    private partial void LogTooOld(string gateway, int known, int inUse);
}
