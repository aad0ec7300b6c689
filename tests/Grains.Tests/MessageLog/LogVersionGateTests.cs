using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Tests.Cluster;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// How often LogVersionGate reads the log's version, and what it answers if the log cannot be reached.
/// </summary>
public sealed class LogVersionGateTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private OpenLog _open = null!;
    private RiggedLog _log = null!;
    private LogVersionGate _gate = null!;

    public async ValueTask InitializeAsync()
    {
        _open = await OpenLog.StartAsync([new("MessageLog:Store", "memory")]);
        _log = new(_open.Log) { Version = LogVersion.First };
        _gate = new(_log, _time);
    }

    public ValueTask DisposeAsync() => _open.DisposeAsync();

    [Fact]
    public async Task Gate_WhenClosed_ReadsOncePerSecond()
    {
        Assert.False(await _gate.IsOpenAsync());
        _log.Version = LogVersion.Rights;
        _time.Advance(LogVersionGate.Interval - TimeSpan.FromMilliseconds(1));
        Assert.False(await _gate.IsOpenAsync());
        Assert.Equal(1, _log.VersionReads);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(await _gate.IsOpenAsync());
        Assert.Equal(2, _log.VersionReads);
    }

    [Fact]
    public async Task Gate_WhenOnceOpen_NeverReadsAgain()
    {
        _log.Version = LogVersion.Rights;
        Assert.True(await _gate.IsOpenAsync());
        _log.HidesVersion = true;
        _time.Advance(TimeSpan.FromDays(1));

        Assert.True(await _gate.IsOpenAsync());
        Assert.Equal(1, _log.VersionReads);
    }

    [Fact]
    public async Task Gate_WhenTheLogIsDown_IsClosedUntilTheNextRead()
    {
        _log.Version = LogVersion.Rights;
        _log.HidesVersion = true;
        Assert.False(await _gate.IsOpenAsync());
        _log.HidesVersion = false;

        _time.Advance(LogVersionGate.Interval);

        Assert.True(await _gate.IsOpenAsync());
    }
}
