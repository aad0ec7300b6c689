using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>The lease of a gateway, and what the gateway does when the lease ends.</summary>
public sealed class GatewayLeaseTests : IHostApplicationLifetime, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ManualTime _time = new();
    private readonly RegistryThatSays _registry = new();
    private readonly RoomThatSays _room = new();
    private readonly RoomClients _rooms;
    private readonly GatewayLease _lease;

    public GatewayLeaseTests()
    {
        var grains = GrainsInMemory.Create((0L, _registry), (0L, new HistoryThatSays()), ("lobby", _room));
        var background = new BackgroundTasks(NullLogger<BackgroundTasks>.Instance);
        var gateway = new GatewayId();
        _rooms = TestRooms.Create(grains, time: _time, gateway: gateway).Rooms;
        var users = new UserClients(grains, gateway, _rooms, new(Options.Create(new ConnectionOptions()), _time), background, Options.Create(new ProtocolLimits()), Options.Create(new BudgetOptions()), _time, NullLogger<UserClients>.Instance);
        var connections = new ConnectionSet(Options.Create(new ConnectionOptions()), _time);
        _lease = new(grains, gateway, connections, _rooms, users, background, this, new(_time, NullLogger<StartupWait>.Instance), _time, NullLogger<GatewayLease>.Instance);
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
    public async Task Lease_WhenItIsRenewed_Holds()
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
    public async Task Renewal_WhenItIsSent_NamesTheVersionOfTheLog()
    {
        await StartAsync();

        Assert.Equal(LogVersion.Known, _registry.Version);
    }

    [Fact]
    public async Task Renewal_WhenItsAnswerIsLost_IsRetriedInTime()
    {
        await StartAsync();
        var (lost, calls) = (new TaskCompletionSource<bool>(), _registry.Calls);
        _registry.Grants = () => lost.Task;

        _time.Advance(Lease.Renewal);
        await Waiting.UntilAsync(() => _registry.Calls == calls + 1, "the renewal whose answer is lost");
        await _time.UntilArmedAsync(timers: 2); // One timer is for the next renewal, and one for the timeout of this call.
        _registry.Grants = () => Task.FromResult(true);
        _time.Advance(Lease.Renewal);
        await Waiting.UntilAsync(() => _registry.Calls == calls + 2, "the next renewal");

        Assert.False(_stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Renewal_WhenASiloHasLeft_AttachesUsersOfQuietRoomsAgain()
    {
        await StartAsync();
        using var rig = new SessionRig();
        var entered = new TaskCompletionSource();
        _rooms.Enter(
            new(await rig.SessionAsync("ann"), "lobby", new(JsonFormat.Instance, "lobby", "ann")), new Enter("ann", RoomKind.Channel, null), _ => entered.SetResult());
        await Waiting.ForAsync(entered.Task, "the answer to the enter");
        await TickAsync();
        var before = _room.Calls;

        _registry.Cluster = 2;
        await TickAsync();
        await Waiting.UntilAsync(() => _room.Calls.Length > before.Length, "the call to the quiet room");

        Assert.Equal(["handle +ann"], before);
        Assert.Equal(["handle +ann", "attend ann"], _room.Calls);
    }

    [Fact]
    public async Task Renewal_WhenTheRegistryRefusesIt_EndsTheProcess()
    {
        await StartAsync();
        _registry.Grants = () => Task.FromResult(false);

        _time.Advance(Lease.Renewal);

        await Waiting.UntilAsync(() => _stopping.IsCancellationRequested, "the end of the process");
        Assert.Equal(GatewayLease.ExitCode, Environment.ExitCode);
    }

    [Fact]
    public async Task Process_WhenItSleptThroughItsLease_Ends()
    {
        await StartAsync();
        _time.Advance(Lease.Length + Lease.Renewal);
        await Waiting.UntilAsync(() => _stopping.IsCancellationRequested, "the end of the process");
    }

    [Fact]
    public async Task Process_WhenTheRegistryIsUnavailable_KeepsRunning()
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
    public async Task Start_WhenTheFirstRenewalFails_RetriesIt()
    {
        var calls = 0;
        _registry.Grants = () => ++calls < 30 ? throw new TimeoutException("away") : Task.FromResult(true);

        var started = _lease.StartAsync(TestContext.Current.CancellationToken);
        while (!started.IsCompleted)
        {
            await Task.WhenAny(started, _time.UntilArmedAsync());
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        await started;

        Assert.Equal(30, calls);
        Assert.True(_lease.Holds);
    }

    [Fact]
    public async Task Stop_WhenTheLeaseHolds_ReleasesIt()
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

    /// <summary>Runs one renewal to its end, whether it succeeds or fails.</summary>
    private async Task TickAsync()
    {
        var calls = _registry.Calls;
        _time.Advance(Lease.Renewal);
        await Waiting.UntilAsync(() => _registry.Calls > calls, "a renewal");
        await Task.Delay(20, TestContext.Current.CancellationToken);
    }
}
