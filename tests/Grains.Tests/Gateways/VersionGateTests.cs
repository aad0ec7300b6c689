using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Gateways;

/// <summary>When VersionGate lets the registry raise the log's version. The tests use a manual clock.</summary>
public sealed class VersionGateTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly ProcessVersions AllKnow = Processes(LogVersion.Known, LogVersion.Known);
    private readonly ManualTime _time = new();
    private readonly VersionGate _gate;

    public VersionGateTests() => _gate = new(_time);

    [Fact]
    public void Read_WhenTheLogAllowsTheVersion_OpensAtOnce()
    {
        _gate.OnRead(LogVersion.Known);

        Assert.Equal(VersionGateState.Open, _gate.State);
        Assert.False(_gate.Check(AllKnow));
    }

    [Fact]
    public void Check_WhenTheLogWasNotRead_DecidesNothing()
    {
        Assert.False(_gate.Check(AllKnow));
        _time.Advance(Lease.Length);
        Assert.False(_gate.Check(AllKnow));
    }

    [Fact]
    public void Check_WhenAllKnowItForOneLease_RaisesOnce()
    {
        _gate.OnRead(LogVersion.First);

        Assert.False(_gate.Check(AllKnow));
        _time.Advance(Lease.Length - Tick);
        Assert.False(_gate.Check(AllKnow));
        _time.Advance(Tick);
        Assert.True(_gate.Check(AllKnow));
        Assert.False(_gate.Check(AllKnow));

        _gate.OnRaised();
        Assert.Equal(VersionGateState.Open, _gate.State);
    }

    [Theory]
    [InlineData(LogVersion.First, LogVersion.Known, "silo-b")]
    [InlineData(LogVersion.Known, LogVersion.First, "gateway-b")]
    public void Check_WhenOneProcessIsOld_StartsTheTimeAnew(int silo, int gateway, string behind)
    {
        _gate.OnRead(LogVersion.First);
        _gate.Check(AllKnow);
        _time.Advance(Lease.Length - Tick);

        Assert.False(_gate.Check(Processes(silo, gateway)));
        Assert.Equal([behind], _gate.Behind);
        _time.Advance(Lease.Length);
        Assert.False(_gate.Check(Processes(silo, gateway)));

        Assert.False(_gate.Check(AllKnow));
        Assert.Empty(_gate.Behind);
        _time.Advance(Lease.Length - Tick);
        Assert.False(_gate.Check(AllKnow));
        _time.Advance(Tick);
        Assert.True(_gate.Check(AllKnow));
    }

    [Fact]
    public void Check_WhenTheListIsIncomplete_StartsTheTimeAnew()
    {
        _gate.OnRead(LogVersion.First);
        _gate.Check(AllKnow);
        _time.Advance(Lease.Length);

        Assert.False(_gate.Check(AllKnow with { IsComplete = false }));
        Assert.False(_gate.Check(AllKnow));
        _time.Advance(Lease.Length);
        Assert.True(_gate.Check(AllKnow));
    }

    [Fact]
    public void Check_WhenNoSiloIsListed_DoesNotRaise()
    {
        var noSilo = AllKnow with { Silos = new Dictionary<string, int>() };
        _gate.OnRead(LogVersion.First);

        _gate.Check(noSilo);
        _time.Advance(Lease.Length);

        Assert.False(_gate.Check(noSilo));
    }

    [Fact]
    public void Check_WhenNoGatewayIsConnected_Raises()
    {
        var noGateway = AllKnow with { Gateways = new Dictionary<string, int>() };
        _gate.OnRead(LogVersion.First);

        _gate.Check(noGateway);
        _time.Advance(Lease.Length);

        Assert.True(_gate.Check(noGateway));
    }

    [Fact]
    public void Admits_WhenTheGatewayIsOld_IsFalseFromTheRaiseOn()
    {
        Assert.True(_gate.Admits(LogVersion.First));
        _gate.OnRead(LogVersion.First);
        Assert.True(_gate.Admits(LogVersion.First));

        _gate.Check(AllKnow);
        _time.Advance(Lease.Length);
        _gate.Check(AllKnow);
        Assert.False(_gate.Admits(LogVersion.First));

        _gate.OnRaised();
        Assert.False(_gate.Admits(LogVersion.First));
        Assert.True(_gate.Admits(LogVersion.Known));
        Assert.True(_gate.Admits(LogVersion.Known + 1));
    }

    [Fact]
    public void Fail_WhenTheRaiseIsInFlight_ReadsBeforeTheNextRaise()
    {
        _gate.OnRead(LogVersion.First);
        _gate.Check(AllKnow);
        _time.Advance(Lease.Length);
        _gate.Check(AllKnow);

        _gate.OnFailed();

        Assert.False(_gate.Check(AllKnow));
        Assert.Equal(VersionGateState.Unread, _gate.State);
        _gate.OnRead(LogVersion.First);
        Assert.True(_gate.Check(AllKnow));
    }

    private static ProcessVersions Processes(int silo, int gateway) => new(
        new Dictionary<string, int> { ["silo-a"] = LogVersion.Known, ["silo-b"] = silo },
        new Dictionary<string, int> { ["gateway-a"] = LogVersion.Known, ["gateway-b"] = gateway },
        IsComplete: true);
}
