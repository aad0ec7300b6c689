using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Streams;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Gateways;

/// <summary>
/// A cluster whose log has the version <see cref="LogVersion.First"/>. It uses the real clock, because Orleans spreads
/// the silos' metadata with its own timers.
/// </summary>
internal sealed class VersionedCluster : IAsyncDisposable
{
    /// <summary>
    /// This is enough for two leases, for the checks that follow them, and for the delays of a busy machine.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly KeptLog _lines = new(LogLevel.Information);
    private InProcessTestCluster _silos = null!;
    private bool _startsOld;

    public VersionedLog Log { get; } = new(LogVersion.First);

    public IGatewayRegistryGrain Registry => _silos.Client.GetGrain<IGatewayRegistryGrain>(0);

    public static async Task<VersionedCluster> StartAsync(short silos)
    {
        var cluster = new VersionedCluster();
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
#pragma warning disable ORLEANSEXP003 // Switches the experimental directory off, because a production silo uses the local directory.
        builder.Options.UseDistributedGrainDirectory = false;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<ILoggerProvider>(cluster._lines);
            silo.AddMemoryGrainStorage(GatewayStreamNames.SubscriptionStore);
            silo.AddPushStreams(GatewayStreamNames.Provider);
            if (!cluster._startsOld)
            {
                silo.AddChatGrains(new());
                silo.Services.AddSingleton<IMessageLog>(cluster.Log);
            }
        });
        builder.ConfigureClient(client => client.AddPushStreams(GatewayStreamNames.Provider));
        cluster._silos = builder.Build();
        await cluster._silos.DeployAsync();
        return cluster;
    }

    /// <summary>Starts a silo without metadata, like a silo of version 0.1.0. It hosts no grains of the chat.</summary>
    public async Task<InProcessSiloHandle> StartOldSiloAsync()
    {
        _startsOld = true;
        return (await _silos.StartSilosAsync(1))[0];
    }

    public Task StopAsync(InProcessSiloHandle silo) => _silos.StopSiloAsync(silo);

    public int Count(string text) => _lines.Lines.Count(line => line.Text.Contains(text, StringComparison.Ordinal));

    /// <summary>
    /// Returns the newest log line that names processes of an old version; an empty string if there is none.
    /// </summary>
    public string Behind() => _lines.Lines.LastOrDefault(line => line.Text.Contains("waiting for the upgrade of", StringComparison.Ordinal)).Text ?? "";

    /// <summary>
    /// Takes a lease and renews it until <see cref="RenewedLease.EndAsync"/>, also while silos start and stop.
    /// </summary>
    /// <param name="version">The log version that the gateway knows; null for a gateway of version 0.1.0.</param>
    public RenewedLease Renew(string gateway, int? version) =>
        new(() => version is { } known ? Registry.RenewAsync(gateway, known) : Registry.RenewAsync(gateway));

    /// <summary>Waits for a condition. If the wait fails, the error shows the newest log lines of the silos.</summary>
    public async Task UntilAsync(Func<bool> condition, string awaited)
    {
        for (var started = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"Waited {Patience} for: {awaited}. {Newest()}");
        }
    }

    private string Newest() => string.Join('\n', _lines.Lines.TakeLast(60).Select(line => line.Text));

    public async ValueTask DisposeAsync()
    {
        await _silos.DisposeAsync();
        _lines.Dispose();
    }
}

/// <summary>Renews a lease in the background.</summary>
internal sealed class RenewedLease : IDisposable
{
    /// <summary>
    /// Shorter than <see cref="Lease.Renewal"/>, so that the lease does not expire on a busy machine.
    /// </summary>
    private static readonly TimeSpan Renewal = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _renewing;

    public RenewedLease(Func<Task<LeaseGrant>> renew) => _renewing = RenewAsync(renew);

    /// <summary>Stops renewing. Throws if any renewal was refused.</summary>
    public async Task EndAsync()
    {
        await _stopping.CancelAsync();
        await _renewing;
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task RenewAsync(Func<Task<LeaseGrant>> renew)
    {
        var token = _stopping.Token;
        while (!token.IsCancellationRequested)
        {
            Assert.True((await renew()).Granted, "The registry refused a renewal.");
            await Task.Delay(Renewal, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
