using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>A gateway's proof of life, and what it does when that is over.</summary>
public sealed class GatewayLeaseTests : IHostApplicationLifetime, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ManualTime _time = new();
    private readonly RegistryThatSays _registry = new();
    private readonly GatewayLease _lease;

    public GatewayLeaseTests()
    {
        var grains = GrainsInMemory.Of((0L, _registry));
        var ongoing = new Ongoing(NullLogger<Ongoing>.Instance);
        var gateway = new GatewayId();
        var feeds = new Feeds(grains, gateway, ongoing, Options.Create(new FanoutOptions()), new(new Meters()), _time);
        var users = new Users(grains, gateway, feeds, new(Options.Create(new ConnectionOptions()), _time), ongoing, Options.Create(new ProtocolLimits()), _time, NullLogger<Users>.Instance);
        var connections = new ConnectionSet(Options.Create(new ConnectionOptions()), _time);
        _lease = new(grains, gateway, connections, users, ongoing, this, _time, NullLogger<GatewayLease>.Instance);
    }

    public CancellationToken ApplicationStarted => default;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => default;

    void IHostApplicationLifetime.StopApplication() => _stopping.Cancel();

    public void Dispose()
    {
        Environment.ExitCode = 0;
        _lease.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task ItHolds_WhileItIsRenewed()
    {
        await StartAsync();
        Assert.True(_lease.Holds);
        for (var i = 0; i < 5; i++)
        {
            await TickAsync();
        }

        Assert.True(_lease.Holds);
        Assert.False(_stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task ARenewalThatIsLost_IsMadeAgainInTime()
    {
        await StartAsync();
        var (lost, calls) = (new TaskCompletionSource<bool>(), _registry.Calls);
        _registry.Grants = () => lost.Task;
        _time.Advance(Lease.Renewal);
        await Waiting.UntilAsync(() => _registry.Calls == calls + 1, "the renewal that is lost");
        await _time.UntilArmedAsync(timers: 2); // The next renewal's, and the end of the wait for this one.
        _registry.Grants = () => Task.FromResult(true);
        _time.Advance(Lease.Renewal);
        await Waiting.UntilAsync(() => _registry.Calls == calls + 2, "the next renewal");
        Assert.False(_stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task ARefusal_EndsTheProcess()
    {
        await StartAsync();
        _registry.Grants = () => Task.FromResult(false);
        _time.Advance(Lease.Renewal);
        await Waiting.UntilAsync(() => _stopping.IsCancellationRequested, "the process to end");
        Assert.Equal(GatewayLease.ExitCode, Environment.ExitCode);
    }

    [Fact]
    public async Task AProcessThatSleptThroughItsLease_EndsToo()
    {
        await StartAsync();
        _time.Advance(Lease.Length + Lease.Renewal);
        await Waiting.UntilAsync(() => _stopping.IsCancellationRequested, "the process to end");
    }

    [Fact]
    public async Task ARegistryThatIsAway_OrTakesLong_IsNoEnd()
    {
        await StartAsync();
        var slow = new TaskCompletionSource<bool>();
        _registry.Grants = () => slow.Task;
        _time.Advance(Lease.Renewal);
        await Waiting.UntilAsync(() => _registry.Calls == 2, "the renewal");
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(_lease.Holds);
        _registry.Grants = () => throw new TimeoutException("away");
        slow.SetException(new TimeoutException("away"));
        await TickAsync();
        await TickAsync();
        Assert.False(_stopping.IsCancellationRequested);

        _registry.Grants = () => Task.FromResult(true);
        await TickAsync();
        Assert.True(_lease.Holds);
    }

    [Fact]
    public async Task AFirstCallThatFails_IsMadeAgain()
    {
        var calls = 0;
        _registry.Grants = () => ++calls < 3 ? throw new TimeoutException("away") : Task.FromResult(true);
        await StartAsync();
        Assert.True(_lease.Holds);
    }

    [Fact]
    public async Task AtTheEnd_ItIsGivenUp()
    {
        await StartAsync();
        await _lease.StopAsync(TestContext.Current.CancellationToken);
        Assert.True(_registry.Released);
    }

    private async Task StartAsync()
    {
        await _lease.StartAsync(TestContext.Current.CancellationToken);
        await _time.UntilArmedAsync();
    }

    /// <summary>One renewal, done whatever comes of it.</summary>
    private async Task TickAsync()
    {
        var calls = _registry.Calls;
        _time.Advance(Lease.Renewal);
        await Waiting.UntilAsync(() => _registry.Calls > calls, "a renewal");
        await Task.Delay(20, TestContext.Current.CancellationToken);
    }
}
