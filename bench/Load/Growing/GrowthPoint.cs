using OrleansChat.Load.Scenarios;

namespace OrleansChat.Load.Growing;

/// <summary>One value of an axis, with what everything else is held at.</summary>
internal sealed record GrowthPoint(int Value, int Gateways, int Silos, Scenario Scenario);

/// <summary>What grows while all else is held, and the values it takes.</summary>
/// <param name="Held">What is held, in words.</param>
/// <param name="Missing">What was left out on this machine and why; empty where nothing was.</param>
internal sealed record GrowthAxis(string Name, string Held, string Missing, IReadOnlyList<GrowthPoint> Points)
{
    // Files that a process has open besides its connections.
    private const int OtherFiles = 500;

    // Deliveries are few enough that two cores are far from busy, and each room has few enough messages that there is nothing to batch: a cost
    // that grows is that of the size and not of the load.
    private const int Deliveries = 20_000;

    private static readonly int[] RoomCounts = [10, 30, 100, 300, 1000];
    private static readonly int[] Sizes = [10, 100, 1000, 10_000];
    private static readonly int[] ProcessCounts = [1, 2, 4];

    /// <summary>All four.</summary>
    /// <param name="canHaveSilos">Whether the store takes more than one.</param>
    public static IReadOnlyList<GrowthAxis> All(bool canHaveSilos) => [Rooms(), Members(), Gateways(), Silos(canHaveSilos)];

    private static GrowthAxis Rooms() => new(
        "rooms", "rooms of 10, 400 messages a second in all of them together, one gateway, one silo", "",
        [.. RoomCounts.Select(rooms => new GrowthPoint(rooms, 1, 1, Open("rooms", rooms, rooms, 10, senders: 1, rate: 400)))]);

    private static GrowthAxis Members()
    {
        var most = Math.Min(ProcessFigures.MostFiles() - OtherFiles, ProcessFigures.MostPorts());
        var sizes = Array.FindAll(Sizes, members => members <= most);
        var connections = sizes[^1];
        return new(
            "members of a room",
            $"{connections} connections in rooms of that size, {Deliveries * (long)connections / Sizes[^1]} deliveries a second, so 2 messages a second in each room, and the fewer in all, and in one commit, the larger rooms are; one gateway, one silo",
            sizes.Length == Sizes.Length ? "" : $"rooms of {string.Join(" and ", Sizes[sizes.Length..])}: a process may have {ProcessFigures.MostFiles()} files open, and {ProcessFigures.MostPorts()} ports to connect from",
            [.. sizes.Select(members => new GrowthPoint(members, 1, 1, Open(
                "members", members, connections / members, members, senders: 1, Deliveries * connections / Sizes[^1] / members)))]);
    }

    private static GrowthAxis Gateways() => new(
        "gateways", "40 rooms of 50, each with members on every gateway, 400 messages and 20,000 deliveries a second, one silo", "",
        [.. ProcessCounts.Select(gateways => new GrowthPoint(gateways, gateways, 1, Base("gateways", gateways)))]);

    private static GrowthAxis Silos(bool canHaveSilos) => new(
        "silos", "40 rooms of 50, spread over the silos, 400 messages and 20,000 deliveries a second, one gateway",
        canHaveSilos ? "" : "2 and 4 silos: they need PostgreSQL",
        [.. ProcessCounts.Where(silos => canHaveSilos || silos == 1).Select(silos => new GrowthPoint(silos, 1, silos, Base("silos", silos)))]);

    private static Scenario Base(string axis, int value) => Open(axis, value, rooms: 40, members: 50, senders: 4, rate: Deliveries / 50);

    private static Scenario Open(string axis, int value, int rooms, int members, int senders, int rate) =>
        new($"{axis}-{value}", rooms, members, senders, InFlight: 0, rate);
}
