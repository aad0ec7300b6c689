using Microsoft.Extensions.Hosting;
using OrleansChat.Grains.Log;
using OrleansChat.Simulation.Tests.Parts;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests;

/// <summary>The simulation can fail: each of these breaks one thing that everything rests on, and some seed shows it.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const int Most = 600;
    private static readonly Shared Shared = new();

    [Fact]
    public void Mutant_ThatAnswersBeforeTheCommit_IsCaught() => Catches((world, log) => new AnswersBeforeTheCommit(world, log));

    [Fact]
    public void Mutant_ThatForgetsClientIds_IsCaught() => Catches((_, log) => new ForgetsClientIds(log));

    [Fact]
    public void Mutant_ThatFencesNobody_IsCaught() => Catches((_, log) => new FencesNobody(log));

    [Fact]
    public void Mutant_WhoseLogReadsWithHoles_IsCaught() => Catches((_, log) => new ReadsWithHoles(log));

    [Fact]
    public void Mutant_ThatTellsNobodyOfANewOwner_IsCaught() => Catches((_, log) => new HidesClaims(log), "are there");

    [Fact]
    public void Mutant_WithoutABeacon_IsCaught() => Catches(null, "after the last fault", knobs => knobs.Beacon = _ => new Nothing());

    private void Catches(Func<Simulated, IMessageLog, IMessageLog>? log, string what = "", Action<Knobs>? knobs = null)
    {
        var found = new Seeds((seed, tell) => new(seed, Shared, tell, log, knobs)).Run(1, Most);
        Assert.True(found is not null, $"None of {Most} seeds shows it.");
        output.WriteLine($"Seed {found.Seed}: {found.Violation}");
        Assert.Contains(what, found.Violation, StringComparison.Ordinal);
    }

    private sealed class Nothing : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }
}
