using System.Globalization;
using System.Text;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests;

/// <summary>Runs many seeds, each a world of its own on one of a few threads, and tells of the first that violates something.</summary>
internal sealed class Seeds(Func<int, Action<string>?, Simulated> world)
{
    private const int TraceLines = 60;

    /// <summary>Runs seeds from <paramref name="first"/> on, so many, or until one violates something.</summary>
    /// <returns>The violating one with the lowest seed; null for none.</returns>
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

    /// <summary>Runs one seed.</summary>
    public Outcome RunOne(int seed, Action<string>? tell)
    {
        try
        {
            return world(seed, tell).Run();
        }
        catch (Exception failure)
        {
            return new(seed, $"The simulation failed: {failure}", 0, 0, 0, 0);
        }
    }

    /// <summary>What to say of a seed that violates something: the violation, the way there in short, and how to see all of it.</summary>
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
            .AppendLine(CultureInfo.InvariantCulture, $"ORLEANSCHAT_SEED={outcome.Seed} dotnet test tests/Simulation.Tests --logger 'console;verbosity=detailed' tells everything; the end of it:")
            .AppendJoin(Environment.NewLine, lines)
            .ToString();
    }
}
