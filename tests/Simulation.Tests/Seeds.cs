using System.Globalization;
using System.Text;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests;

/// <summary>
/// Runs many seeds on a few threads, each seed in its own simulation. Reports the lowest seed with a violation.
/// </summary>
internal sealed class Seeds(Func<int, Action<string>?, Simulated> world)
{
    private const int TraceLines = 60;

    /// <summary>
    /// Runs <paramref name="count"/> seeds, starting with <paramref name="first"/>. Stops early if a seed has a
    /// violation.
    /// </summary>
    /// <returns>The violation with the lowest seed; null if no seed has one.</returns>
    public Outcome? Run(int first, int count, Action<Outcome>? each = null)
    {
        var (next, found, gate) = (first - 1, (Outcome?)null, new Lock());
        var threads = Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 1, 8)).Select(_ => new Thread(() =>
        {
            while (true)
            {
                var seed = Interlocked.Increment(ref next);
                if (seed >= first + count || Volatile.Read(ref found) is { } earlier && earlier.Seed < seed)
                {
                    return;
                }

                var outcome = RunOne(seed, null);
                lock (gate)
                {
                    each?.Invoke(outcome);
                    if (outcome.Violation is not null && (found is null || outcome.Seed < found.Seed))
                    {
                        found = outcome;
                    }
                }
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return found;
    }

    /// <summary>Runs one seed. If the simulation throws, the outcome has the exception as its violation.</summary>
    public Outcome RunOne(int seed, Action<string>? tell)
    {
        try
        {
            return world(seed, tell).Run();
        }
        catch (Exception exception)
        {
            return new(seed, $"The simulation failed: {exception}", 0, 0, 0, 0);
        }
    }

    /// <summary>
    /// Runs the seed of a violation again, and returns a report: the text of the violation, the end of the trace, and
    /// the command that prints the whole trace.
    /// </summary>
    public string Report(Outcome outcome)
    {
        var lines = new Queue<string>();
        RunOne(outcome.Seed, line =>
        {
            lines.Enqueue(line);
            if (lines.Count > TraceLines)
            {
                lines.Dequeue();
            }
        });
        return new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"Seed {outcome.Seed}: {outcome.Violation}")
            .AppendLine(CultureInfo.InvariantCulture, $"To print the whole trace, run ORLEANSCHAT_SEED={outcome.Seed} dotnet test tests/Simulation.Tests --logger 'console;verbosity=detailed'. The end of the trace:")
            .AppendJoin(Environment.NewLine, lines)
            .ToString();
    }
}
