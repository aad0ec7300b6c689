using Microsoft.Extensions.Hosting;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Simulation.Tests.Parts;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests;

/// <summary>
/// Tests that the simulation finds broken promises. Each test replaces the log or the head poller with a mutant, which
/// breaks a promise on purpose, and runs many seeds. At least one seed must report a violation.
/// </summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const int Max = 600;
    private static readonly Shared Shared = new();

    [Fact]
    public void Mutant_WhenItAnswersBeforeTheCommit_IsCaught() => Catches((world, log) => new AnswersBeforeTheCommit(world, log));

    [Fact]
    public void Mutant_WhenItForgetsClientIds_IsCaught() => Catches((_, log) => new ForgetsClientIds(log));

    [Fact]
    public void Mutant_WhenItFencesNoOwner_IsCaught() => Catches((_, log) => new FencesNobody(log));

    [Fact]
    public void Mutant_WhenItsReadsLeaveGaps_IsCaught() => Catches((_, log) => new ReadsWithHoles(log));

    [Fact]
    public void Mutant_WhenItHidesANewOwner_IsCaught() => Catches((_, log) => new HidesClaims(log), "are attached");

    [Fact]
    public void Mutant_WhenItHasNoHeadPoller_IsCaught() => Catches(null, "after the last fault", knobs => knobs.WrapHeadPoller = _ => new Nothing());

    private void Catches(Func<Simulated, IMessageLog, IMessageLog>? log, string what = "", Action<Knobs>? knobs = null)
    {
        var found = new Seeds((seed, tell) => new(seed, Shared, tell, log, knobs)).Run(1, Max);
        Assert.True(found is not null, $"The mutant breaks a promise, but none of {Max} seeds reports a violation.");
        output.WriteLine($"Seed {found.Seed}: {found.Violation}");
        Assert.Contains(what, found.Violation, StringComparison.Ordinal);
    }

    private sealed class Nothing : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }
}
