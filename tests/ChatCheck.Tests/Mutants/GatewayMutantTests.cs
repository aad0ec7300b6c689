using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Mutants;

/// <summary>Gateways that tell their clients something else than the log: each is caught, and the broken promise named.</summary>
public sealed class GatewayMutantTests
{
    [Fact]
    public Task Mutant_ThatLosesAnEventOfTheStreamAndTheBeacon_IsCaught() => MutantRun.CatchesAsync(
        StreamCheck.Head, 4, "--faults", "none", "--settle", "15", "--set", "gateway/Faults:Stream=LoseLast", "--set", "gateway/Faults:DarkBeacon=true");

    [Fact]
    public Task Mutant_ThatServesAResumeFromAStaleCache_IsCaught() =>
        MutantRun.CatchesAsync(StreamCheck.Hole, 4, "--faults", "cut", "--every", "1", "--set", "gateway/Faults:Resume=Stale");

    [Fact]
    public Task Mutant_ThatDoublesADelivery_IsCaught() =>
        MutantRun.CatchesAsync(StreamCheck.Double, 4, "--faults", "cut", "--every", "1", "--set", "gateway/Faults:Resume=Double");

    /// <summary>The control: what catches the mutants finds nothing where no fault is switched on.</summary>
    [Fact]
    public async Task NoMutant_NoViolation_ByTheSamePrograms()
    {
        var (exitCode, said) = await MutantRun.OfAsync(6, "--faults", "kill,cut", "--every", "2", "--late", "60");

        Assert.True(exitCode == 0, said);
        Assert.DoesNotContain("; 0 kills", said.Split("faults ")[^1], StringComparison.Ordinal);
    }
}
