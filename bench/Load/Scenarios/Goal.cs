namespace OrleansChat.Load.Scenarios;

/// <summary>What is asked of this system, as a ratio to a SignalR hub in the same round: absolute figures are the machine's.</summary>
/// <param name="Setting">In which way this system runs.</param>
/// <param name="Ratio">What it has to be of the hub's figure, and where <paramref name="AtLeast"/> is false, at most.</param>
internal sealed record Goal(Figure Figure, string Setting, double Ratio, bool AtLeast)
{
    /// <summary>What runs are compared by, in the order in which they are shown.</summary>
    public static class Figures
    {
        /// <summary>One room of 200, as fast as it goes.</summary>
        public static readonly Figure Room200 = new("P1-200", "deliveries/s", "#,0", run => run.Deliveries);

        /// <summary>One of 1,000.</summary>
        public static readonly Figure Room1000 = new("P1-1000", "deliveries/s", "#,0", run => run.Deliveries);

        /// <summary>What all processes take then.</summary>
        public static readonly Figure Saturated = new("P1-200", "µs of CPU a delivery", "0.000", run => run.Micros);

        /// <summary>What those take that clients are connected to.</summary>
        public static readonly Figure SaturatedFront = new("P1-200", "µs of the gateway's CPU a delivery", "0.000", run => run.FrontMicros);

        /// <summary>The same with nothing to batch.</summary>
        public static readonly Figure Calm = new("P1-50k", "µs of CPU a delivery at 50,000/s", "0.00", run => run.Micros);

        /// <summary>Latency of most.</summary>
        public static readonly Figure P50 = new("P2", "p50, ms", "0.00", run => run.P50);

        /// <summary>Latency of almost all.</summary>
        public static readonly Figure P99 = new("P2", "p99, ms", "0.00", run => run.P99);

        /// <summary>Many rooms, as fast as it goes.</summary>
        public static readonly Figure Rooms = new("P3", "messages/s", "#,0", run => run.Messages);

        /// <summary>Connections that say nothing.</summary>
        public static readonly Figure Idle = new("P4", "KiB an idle connection", "0.0", Of: null);

        /// <summary>All of them.</summary>
        public static IReadOnlyList<Figure> All => [Room200, Saturated, Room1000, Calm, P50, P99, Rooms, Idle];
    }

    // What this system shall reach, by what a hub reached on the machine on which the goals were set, in medians of the same rounds: 2.1 M and
    // 1.6 M deliveries/s in rooms of 200 and 1,000; 0.64 µs a delivery there and 9.5 at 50,000/s; p50 0.39 and p99 2.0 ms; 31,000 messages/s in
    // 200 rooms; 26 KiB a connection.

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Goal> All { get; } =
    [
        new(Figures.Room200, Comparison.Sqlite, 5.0 / 2.1, AtLeast: true),
        new(Figures.Room200, Comparison.TwoGateways, 4.0 / 2.1, AtLeast: true),
        new(Figures.Room1000, Comparison.Sqlite, 5.0 / 1.6, AtLeast: true),
        new(Figures.Saturated, Comparison.Sqlite, 0.25 / 0.64, AtLeast: false),
        new(Figures.SaturatedFront, Comparison.Sqlite, 0.12 / 0.64, AtLeast: false),
        new(Figures.Calm, Comparison.Sqlite, 7.5 / 9.5, AtLeast: false),
        new(Figures.P50, Comparison.Sqlite, 0.8 / 0.39, AtLeast: false),
        new(Figures.P99, Comparison.Sqlite, 3.0 / 2.0, AtLeast: false),
        new(Figures.P50, Comparison.PostgreSql, 1.5 / 0.39, AtLeast: false),
        new(Figures.P99, Comparison.PostgreSql, 5.0 / 2.0, AtLeast: false),
        new(Figures.Rooms, Comparison.Sqlite, 25.0 / 31, AtLeast: true),
        new(Figures.Rooms, Comparison.PostgreSql, 25.0 / 31, AtLeast: true),
        new(Figures.Idle, Comparison.Sqlite, 16.0 / 26, AtLeast: false),
    ];

    /// <summary>Whether a measured ratio is what was asked for.</summary>
    public bool IsMetBy(double ratio) => AtLeast ? ratio >= Ratio : ratio <= Ratio;
}
