using System.Diagnostics;
using System.Globalization;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests;

/// <summary>
/// Runs thousands of simulations, one per seed. Everything that can fail between a client and the log fails, and every
/// promise must still hold. <c>ORLEANSCHAT_SEED=123</c> runs one seed and prints its whole trace, and
/// <c>ORLEANSCHAT_SEEDS=100000</c> runs 100,000 seeds.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Usual = 3000;
    private static readonly Shared Shared = new();
    private readonly Seeds _seeds = new((seed, tell) => new Simulated(seed, Shared, tell));

    [Fact]
    public void Simulation_WhenRunWithManySeeds_KeepsEveryPromise()
    {
        if (Number("ORLEANSCHAT_SEED") is { } one)
        {
            var alone = _seeds.RunOne(one, output.WriteLine);
            Assert.True(alone.Violation is null, alone.Violation);
            return;
        }

        var (count, started) = (Number("ORLEANSCHAT_SEEDS") ?? Usual, Stopwatch.GetTimestamp());
        var (steps, sends, gaps) = (0L, 0L, 0L);
        var found = _seeds.Run(1, count, outcome =>
        {
            steps += outcome.Steps;
            sends += outcome.Sends;
            gaps += outcome.Gaps;
        });
        output.WriteLine($"{count} seeds, {steps} steps, {sends} sends, {gaps} gaps in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        Assert.True(found is null, found is null ? null : _seeds.Report(found));
        Assert.True(gaps > 0 || count < 1000, "No slow reader got a gap. The schedule no longer makes readers slow enough.");
    }

    [Fact]
    public void Seed_WhenRunTwice_GivesTheSameRun()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            Assert.Equal(_seeds.RunOne(seed, null), _seeds.RunOne(seed, _ => { }));
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
