using OrleansChat.ChatCheck.Faults;

namespace OrleansChat.ChatCheck.Tests.Faults;

public sealed class FaultPlanTests
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    [Fact]
    public void Plan_WhenTheSeedRepeats_RepeatsTheFaults()
    {
        Assert.Equal(Some(7, 200), Some(7, 200));
        Assert.NotEqual(Some(7, 200), Some(8, 200));
    }

    [Fact]
    public void Plan_WhenManyFaultsAreDrawn_HasEveryKindAndVictim()
    {
        var faults = Some(1, 2000);

        Assert.Equal(Enum.GetValues<FaultKind>().ToHashSet(), faults.Select(fault => fault.Kind).ToHashSet());
        Assert.All(
            [FaultKind.Kill, FaultKind.Stop, FaultKind.Drain],
            kind => Assert.Equal(
                6, faults.Where(fault => fault.Kind == kind).Select(fault => (fault.Side, fault.Victim)).Distinct().Count()));
    }

    [Fact]
    public void Plan_WhenAFaultIsDueEvery10Seconds_KillsTwoToFourTimesAMinute()
    {
        var faults = Some(1, 2000);
        var minutes = faults.Sum(fault => fault.After.TotalMinutes);

        Assert.InRange(faults.Count(fault => fault.Kind is FaultKind.Kill) / minutes, 2, 4);
        Assert.InRange(faults.Average(fault => fault.After.TotalSeconds), 8, 10.5);
    }

    [Fact]
    public void Stop_WhenTheVictimIsAGateway_LastsLongerThanItsLease() => Assert.All(
        Some(1, 500).Where(fault => fault is { Kind: FaultKind.Stop, Side: Side.Gateway }), fault => Assert.True(fault.Lasting > TimeSpan.FromSeconds(7)));

    [Fact]
    public void Plan_WhenASideHasNoProcesses_NeverPicksIt()
    {
        Assert.Null(new FaultPlan(1, [FaultKind.Kill], 0, 0, Every).Next());
        Assert.Equal(FaultKind.Cut, new FaultPlan(1, [FaultKind.Kill, FaultKind.Cut], 0, 0, Every).Next()!.Kind);
        Assert.Equal(Side.Gateway, new FaultPlan(1, [FaultKind.Kill], 0, 2, Every).Next()!.Side);
    }

    private static Fault[] Some(int seed, int count)
    {
        var plan = new FaultPlan(seed, Enum.GetValues<FaultKind>(), silos: 3, gateways: 3, Every);
        return [.. Enumerable.Range(0, count).Select(_ => plan.Next()!)];
    }
}
