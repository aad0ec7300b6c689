namespace OrleansChat.Load.Scenarios;

/// <summary>
/// A goal for a figure of OrleansChat. Absolute figures depend on the machine. So the goal is a ratio: OrleansChat's
/// figure divided by the same figure of a SignalR hub in the same round.
/// </summary>
/// <param name="Setting">The setting of OrleansChat, such as <see cref="Comparison.Sqlite"/>.</param>
/// <param name="Ratio">The required ratio of the setting's figure to the hub's figure: the minimum if
/// <paramref name="AtLeast"/>, otherwise the maximum.</param>
internal sealed record Goal(Figure Figure, string Setting, double Ratio, bool AtLeast)
{
    /// <summary>The compared figures.</summary>
    public static class Figures
    {
        /// <summary>Throughput of one room of 200 members.</summary>
        public static readonly Figure Room200 = new("P1-200", "deliveries/s", "#,0", run => run.Deliveries);

        /// <summary>Throughput of one room of 1,000 members.</summary>
        public static readonly Figure Room1000 = new("P1-1000", "deliveries/s", "#,0", run => run.Deliveries);

        /// <summary>CPU of all processes at full throughput.</summary>
        public static readonly Figure Saturated = new("P1-200", "µs of CPU per delivery", "0.000", run => run.Micros);

        /// <summary>CPU of the processes that clients connect to, at full throughput.</summary>
        public static readonly Figure SaturatedFront = new("P1-200", "µs of gateway CPU per delivery", "0.000", run => run.FrontMicros);

        /// <summary>CPU of all processes at a rate at which there is little to batch.</summary>
        public static readonly Figure Calm = new("P1-50k", "µs of CPU per delivery at 50,000/s", "0.00", run => run.Micros);

        /// <summary>Median latency at a low rate.</summary>
        public static readonly Figure P50 = new("P2", "p50, ms", "0.00", run => run.P50);

        /// <summary>99th percentile of the latency at a low rate.</summary>
        public static readonly Figure P99 = new("P2", "p99, ms", "0.00", run => run.P99);

        /// <summary>Throughput of many small rooms.</summary>
        public static readonly Figure Rooms = new("P3", "messages/s", "#,0", run => run.Messages);

        /// <summary>Memory of idle connections.</summary>
        public static readonly Figure Idle = new("P4", "KiB per idle connection", "0.0", Of: null);

        /// <summary>The figures that the chart shows, in this order.</summary>
        public static IReadOnlyList<Figure> All => [Room200, Saturated, Room1000, Calm, P50, P99, Rooms, Idle];
    }

    // The goals were first absolute figures for one machine. Each ratio is such a figure divided by the SignalR hub's
    // figure on that machine. The medians of the hub's figures on that machine were: 2.1 M and 1.6 M deliveries/s in
    // rooms of 200 and 1,000; 0.64 µs per delivery at full throughput in the room of 200, and 9.5 µs at 50,000/s; p50
    // 0.39 ms and p99 2.0 ms; 31,000 messages/s in 200 rooms; 26 KiB per connection.

    /// <summary>All goals, in the order of the report.</summary>
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

    /// <summary>Returns whether a measured ratio meets the goal.</summary>
    public bool IsMetBy(double ratio) => AtLeast ? ratio >= Ratio : ratio <= Ratio;
}
