using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Mutants;

/// <summary>
/// Runs ChatCheck with gateways whose deliveries differ from the log. ChatCheck names the promise that each breaks.
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

    /// <summary>The control: if no fault is switched on, these programs break no promise.</summary>
    [Fact]
    public async Task ChatCheck_WhenTheProgramsAreCorrect_ReportsNothing()
    {
        var (exitCode, said) = await MutantRun.OfAsync(6, "--faults", "kill,cut", "--every", "2", "--late", "60");

        Assert.True(exitCode == 0, said);
        Assert.DoesNotContain("; 0 kills", said.Split("faults ")[^1], StringComparison.Ordinal);
    }
}
