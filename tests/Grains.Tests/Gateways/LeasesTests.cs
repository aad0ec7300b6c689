using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Gateways;

/// <summary>When the lease of a gateway begins and ends. The tests use a manual clock.</summary>
public sealed class LeasesTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private readonly ManualTime _time = new();
    private readonly Leases _leases;

    public LeasesTests() => _leases = new(_time);

    [Fact]
    public void Renew_WhenInTime_KeepsTheLease()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.True(_leases.Renew("a", LogVersion.Known));
            _time.Advance(Lease.Length - Tick);
            Assert.Equal(["a"], _leases.Live());
        }
    }

    [Fact]
    public void Renew_WhenTheLeaseHasEnded_IsRefusedForever()
    {
        _leases.Renew("a", LogVersion.Known);
        _time.Advance(Lease.Length);

        Assert.False(_leases.Renew("a", LogVersion.Known));
        Assert.Empty(_leases.Live());
        _time.Advance(TimeSpan.FromDays(30));
        Assert.False(_leases.Renew("a", LogVersion.Known));
        Assert.True(_leases.Renew("b", LogVersion.Known));
    }

    [Fact]
    public void Slept_WhenLeasesAreOverdue_ExtendsOnlyLiveLeases()
    {
        _leases.Renew("gone", LogVersion.Known);
        _time.Advance(Lease.Length);
        _leases.Live();
        _leases.Renew("a", LogVersion.Known);
        _time.Advance(TimeSpan.FromMinutes(1));

        _leases.OnClockJump();

        Assert.False(_leases.IsWarmedUp);
        Assert.True(_leases.Renew("a", LogVersion.Known));
        Assert.False(_leases.Renew("gone", LogVersion.Known));
        _time.Advance(Lease.Length);
        Assert.True(_leases.IsWarmedUp);
        Assert.Empty(_leases.Live());
    }

    [Fact]
    public void Release_WhenTheLeaseIsLive_EndsItForever()
    {
        _leases.Renew("a", LogVersion.Known);

        _leases.Release("a");

        Assert.Empty(_leases.Live());
        Assert.False(_leases.Renew("a", LogVersion.Known));
    }

    [Fact]
    public void Settled_WhenOneLeaseLengthHasPassed_IsTrue()
    {
        Assert.False(_leases.IsWarmedUp);
        _time.Advance(Lease.Length - Tick);
        Assert.False(_leases.IsWarmedUp);
        _time.Advance(Tick);
        Assert.True(_leases.IsWarmedUp);
    }

    [Fact]
    public void Drain_WhenSeveralGatewaysDrain_CountsTheirConnections()
    {
        foreach (var gateway in new[] { "a", "b", "c", "d" })
        {
            _leases.Renew(gateway, LogVersion.Known);
        }

        Assert.Equal(new DrainShare(3, 100, false), _leases.Drain("a", 100));
        Assert.Equal(new DrainShare(2, 150, false), _leases.Drain("b", 50));
        Assert.Equal(new DrainShare(2, 60, false), _leases.Drain("a", 10));

        _leases.Release("b");
        Assert.Equal(new DrainShare(2, 10, false), _leases.Drain("a", 10));
        _time.Advance(Lease.Length - Tick);
        _leases.Renew("a", LogVersion.Known);
        _leases.Renew("c", LogVersion.Known);
        _time.Advance(Tick);
        Assert.Equal(new DrainShare(1, 10, true), _leases.Drain("a", 10));
    }

    [Fact]
    public void Drain_WhenTheGatewayHasNoLease_DoesNotCountIt()
    {
        _leases.Renew("a", LogVersion.Known);
        Assert.Equal(new DrainShare(1, 0, false), _leases.Drain("b", 100));
    }

    [Fact]
    public void Versions_WhenAGatewayDrains_StillContainIt()
    {
        _leases.Renew("old", LogVersion.First);
        _leases.Renew("new", LogVersion.First);
        _leases.Drain("old", 1);
        _leases.Renew("new", LogVersion.Known);

        Assert.Equal(new Dictionary<string, int> { ["old"] = LogVersion.First, ["new"] = LogVersion.Known }, _leases.Versions());

        _leases.OnClockJump();
        Assert.Equal(LogVersion.First, _leases.Versions()["old"]);
        _time.Advance(Lease.Length);
        Assert.Empty(_leases.Versions());
    }

    [Fact]
    public void Release_WhenTheIdHadNoLease_EndsItOnce()
    {
        Assert.True(_leases.Release("a"));
        Assert.False(_leases.Release("a"));
        Assert.False(_leases.Renew("a", LogVersion.Known));
    }
}
