namespace OrleansChat.Load.Scenarios;

/// <summary>One kind of load.</summary>
/// <param name="Name">The name in the report, such as <c>P1-200</c>.</param>
/// <param name="Members">Members of each room. Every member receives every message.</param>
/// <param name="Senders">Senders in each room. The senders are members too.</param>
/// <param name="InFlight">Messages that each sender keeps in flight, that is, not yet received by all members. 0 for an
/// open loop, in which senders send at a fixed rate.</param>
/// <param name="Rate">Messages per second in all rooms together, for an open loop.</param>
internal sealed record Scenario(string Name, int Rooms, int Members, int Senders, int InFlight, int Rate)
{
    /// <summary>
    /// The first load of each server, except the server of <c>--peer-url</c>. This load is not measured.
    /// </summary>
    public static Scenario WarmUp { get; } = new("warm-up", Rooms: 20, Members: 20, Senders: 1, InFlight: 8, Rate: 0);

    /// <summary>The scenario as text for the report.</summary>
    public string Words => $"{(Rooms == 1 ? "one room" : $"{Rooms} rooms")} of {Members} members, "
        + (InFlight > 0 ? $"{Senders} {(Senders == 1 ? "sender" : "senders")} each with {InFlight} messages in flight" : $"{Rate} messages per second");
}

/// <summary>The figures of one run.</summary>
/// <param name="Deliveries">Deliveries per second.</param>
/// <param name="Messages">Messages per second.</param>
/// <param name="MicrosPerDelivery">CPU time of each process in microseconds, divided by all deliveries.</param>
/// <param name="IdleCores">CPU use of each process, in cores, while all members were connected and none sent; empty if
/// it was not measured.</param>
/// <param name="MiB">Resident memory of each process at the end.</param>
/// <param name="P50">Median latency in milliseconds.</param>
/// <param name="P99">99th percentile of the latency in milliseconds.</param>
/// <param name="PerFrame">Deliveries per frame.</param>
/// <param name="OneOrder">Whether all members of each room received the messages in the same order.</param>
/// <param name="OwnCores">CPU use of this process, in cores.</param>
internal sealed record ScenarioFigures(
    double Deliveries, double Messages, IReadOnlyDictionary<string, double> MicrosPerDelivery, IReadOnlyDictionary<string, double> IdleCores,
    IReadOnlyDictionary<string, double> MiB, double P50, double P99, double PerFrame, bool OneOrder, double OwnCores)
{
    /// <summary>CPU time of all processes per delivery, in microseconds.</summary>
    public double Micros => MicrosPerDelivery.Values.Sum();

    /// <summary>
    /// CPU time per delivery, in microseconds, of the gateways only. For a server other than OrleansChat: of all its
    /// processes.
    /// </summary>
    public double FrontMicros => MicrosPerDelivery.Where(of => !of.Key.StartsWith("silo", StringComparison.Ordinal) && of.Key != "postgres").Sum(of => of.Value);

    /// <summary>
    /// Returns the CPU time per delivery, in microseconds, of all processes of one kind, minus their CPU time when
    /// idle. The kind <c>gateway</c> means all gateways.
    /// </summary>
    public double MicrosBeyondIdle(string kind) =>
        MicrosPerDelivery.Where(of => IsOf(kind, of.Key)).Sum(of => of.Value - (IdleCores.GetValueOrDefault(of.Key) * 1e6 / Deliveries));

    private static bool IsOf(string kind, string process) => process.Split('-')[0] == kind;
}
