using System.Reflection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansChat.Grains.MessageLog;
using OrleansChat.ProcessHosting;
using OrleansChat.Silo.Health;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Silo;

/// <summary>
/// The readiness check of a silo answers even if its probe of the message log never ends and ignores cancellation. Such
/// a probe is possible, because the resolution of the database's host name can hang.
/// </summary>
public sealed class ReadinessTests
{
    [Fact]
    public async Task Readiness_WhenTheProbeNeverEnds_AnswersWithinTwoSeconds()
    {
        var time = new ManualTime();
        var store = HangingStore.Create();
        var readiness = new Readiness(store, new StartupWait(time, NullLogger<StartupWait>.Instance), time);
        await JoinAsync(readiness);

        var answer = readiness.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        await time.UntilArmedAsync();
        time.Advance(TimeSpan.FromSeconds(2));

        var result = await answer;
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Contains("did not answer within 2 s", result.Description, StringComparison.Ordinal);
    }

    private static Task JoinAsync(Readiness readiness)
    {
        using var lifecycle = new Recorder();
        readiness.Participate(lifecycle);
        return lifecycle.StartAsync();
    }

    /// <summary>A silo lifecycle with one observer, which the test starts itself.</summary>
    private sealed class Recorder : ISiloLifecycle, IDisposable
    {
        private ILifecycleObserver? _observer;

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            _observer = observer;
            return this;
        }

        public void Dispose() => _observer = null;

        public Task StartAsync() => _observer!.OnStart(TestContext.Current.CancellationToken);
    }

    /// <summary>A message store whose calls never complete.</summary>
    public class HangingStore : DispatchProxy
    {
        internal static IMessageStore Create() => Create<IMessageStore, HangingStore>();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => new TaskCompletionSource().Task;
    }
}
