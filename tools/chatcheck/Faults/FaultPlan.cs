namespace OrleansChat.ChatCheck.Faults;

/// <summary>
/// The sequence of faults for a seed: kinds, victims and times. The same arguments give the same sequence.
/// </summary>
internal sealed class FaultPlan(int seed, IReadOnlyList<FaultKind> kinds, int silos, int gateways, TimeSpan every)
{
    // The share of faults that begin only 0.5 to 2 s after the beginning of the previous fault. Usually, the previous
    // fault has not ended by then.
    private const double Overlapping = 0.2;

    private readonly Random _random = new(seed);

    /// <summary>Returns the next fault; null if no kind is possible.</summary>
    public Fault? Next()
    {
        var possible = kinds.Where(kind => kind is FaultKind.Database or FaultKind.Cut || silos + gateways > 0).ToArray();
        if (possible.Length == 0)
        {
            return null;
        }

        var kind = Choose(possible);
        var side = kind is FaultKind.Database or FaultKind.Cut ? Side.Other
            : silos == 0 ? Side.Gateway
            : gateways == 0 ? Side.Silo
            : _random.Next(2) == 0 ? Side.Silo : Side.Gateway;
        var after = _random.NextDouble() < Overlapping ? Seconds(0.5, 2) : every * (0.7 + (0.8 * _random.NextDouble()));
        var victim = side is Side.Other ? 0 : _random.Next(side is Side.Silo ? silos : gateways);
        return new(after, kind, side, victim, Lasting(kind, side));
    }

    private FaultKind Choose(FaultKind[] possible)
    {
        var left = _random.NextDouble() * possible.Sum(Weight);
        foreach (var kind in possible)
        {
            if ((left -= Weight(kind)) < 0)
            {
                return kind;
            }
        }

        return possible[^1];
    }

    private TimeSpan Lasting(FaultKind kind, Side side) => kind switch
    {
        FaultKind.Kill => Seconds(1, 4),
        FaultKind.Stop when side is Side.Gateway => Seconds(8.5, 12), // A lease expires after 7 s.
        FaultKind.Stop => Seconds(2, 10),
        FaultKind.Drain => Seconds(0, 3),
        FaultKind.Database => Seconds(2, 6),
        _ => TimeSpan.Zero,
    };

    private TimeSpan Seconds(double least, double most) => TimeSpan.FromSeconds(least + ((most - least) * _random.NextDouble()));

    private static double Weight(FaultKind kind) => kind switch
    {
        FaultKind.Kill => 5,
        FaultKind.Stop or FaultKind.Drain => 2,
        FaultKind.Cut => 1.5,
        FaultKind.Database => 1,
        _ => 0.5,
    };
}
