using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Mutants;

/// <summary>
/// Runs ChatCheck with faulty gateways, whose deliveries differ from the log. ChatCheck must name the broken promise.
/// </summary>
public sealed class GatewayMutantTests
{
    [Fact]
    public Task ChatCheck_WhenAGatewayLosesTheLastEvent_ReportsIt() => MutantRun.CatchesAsync(
        StreamCheck.Head, 4, "--faults", "none", "--settle", "15", "--set", "gateway/Faults:Stream=LoseLast", "--set", "gateway/Faults:NoHeadPoller=true");

    [Fact]
    public Task ChatCheck_WhenAResumeIsServedFromAStaleCache_ReportsAHole() =>
        MutantRun.CatchesAsync(StreamCheck.SilentGap, 4, "--faults", "cut", "--every", "1", "--set", "gateway/Faults:Resume=Stale");

    [Fact]
    public Task ChatCheck_WhenAGatewayDeliversAnEventTwice_ReportsIt() =>
        MutantRun.CatchesAsync(StreamCheck.Double, 4, "--faults", "cut", "--every", "1", "--set", "gateway/Faults:Resume=Double");

    /// <summary>The same programs break no promise if none of their faults is switched on.</summary>
    [Fact]
    public async Task ChatCheck_WhenTheProgramsAreCorrect_ReportsNothing()
    {
        var (exitCode, said) = await MutantRun.OfAsync(6, "--faults", "kill,cut", "--every", "2", "--late", "60");

        Assert.True(exitCode == 0, said);
        Assert.DoesNotContain("; 0 kills", said.Split("faults ")[^1], StringComparison.Ordinal);
    }
}
