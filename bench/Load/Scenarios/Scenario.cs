namespace OrleansChat.Load.Scenarios;

/// <summary>One kind of load.</summary>
/// <param name="Name">Such as <c>P1-200</c>.</param>
/// <param name="Rooms">How many rooms.</param>
/// <param name="Members">Members of each, all of whom get every message.</param>
/// <param name="Senders">Members of each who send.</param>
/// <param name="InFlight">Messages that each sender keeps under way until everybody has them; 0 for an open loop.</param>
/// <param name="Rate">Messages a second in all rooms together, where the loop is open.</param>
internal sealed record Scenario(string Name, int Rooms, int Members, int Senders, int InFlight, int Rate)
{
    /// <summary>What each server does first, unmeasured.</summary>
    public static Scenario WarmUp { get; } = new("warm-up", Rooms: 20, Members: 20, Senders: 1, InFlight: 8, Rate: 0);

    /// <summary>What it is, in words.</summary>
    public string Words => $"{(Rooms == 1 ? "one room" : $"{Rooms} rooms")} of {Members}, "
        + (InFlight > 0 ? $"{Senders} {(Senders == 1 ? "sender" : "senders")} each with {InFlight} under way" : $"{Rate} messages a second");
}

/// <summary>What one run came to.</summary>
/// <param name="MicrosPerDelivery">CPU time of each process, divided by all deliveries.</param>
/// <param name="IdleCores">What each process took of a core while everybody was there and nobody sent; empty where that was not looked at.</param>
/// <param name="MiB">Memory of each process in RAM at the end.</param>
/// <param name="OneOrder">Whether all members of a room saw the same order.</param>
internal sealed record ScenarioFigures(
    double Deliveries, double Messages, IReadOnlyDictionary<string, double> MicrosPerDelivery, IReadOnlyDictionary<string, double> IdleCores,
    IReadOnlyDictionary<string, double> MiB, double P50, double P99, double PerFrame, bool OneOrder, double OwnCores)
{
    /// <summary>CPU time of all processes for a delivery, in microseconds.</summary>
    public double Micros => MicrosPerDelivery.Values.Sum();

    /// <summary>That of the gateways alone; the server's, where there is one process.</summary>
    public double FrontMicros => MicrosPerDelivery.Where(of => !of.Key.StartsWith("silo", StringComparison.Ordinal) && of.Key != "postgres").Sum(of => of.Value);

    /// <summary>
    /// CPU time of the processes of one kind (<c>gateway</c> is that of <c>gateway-1</c> and all others) for a delivery, in microseconds, beyond
    /// what they take without any.
    /// </summary>
    public double MicrosBeyondIdle(string kind) =>
        MicrosPerDelivery.Where(of => IsOf(kind, of.Key)).Sum(of => of.Value - (IdleCores.GetValueOrDefault(of.Key) * 1e6 / Deliveries));

    private static bool IsOf(string kind, string process) => process.Split('-')[0] == kind;
}
