using OrleansChat.Load.Scenarios;

namespace OrleansChat.Load.Growing;

/// <summary>One value of a growing quantity, with the cluster and the load of its measurement.</summary>
internal sealed record GrowthPoint(int Value, int Gateways, int Silos, Scenario Scenario);

/// <summary>A growing quantity and its values. All other quantities stay constant.</summary>
/// <param name="Held">The constant quantities, as text.</param>
/// <param name="Missing">The values that this machine or store does not allow, and why, as text; empty if all are
/// possible.</param>
internal sealed record GrowthAxis(string Name, string Held, string Missing, IReadOnlyList<GrowthPoint> Points)
{
    // The number of files that a process has open besides its connections.
    private const int OtherFiles = 500;

    // Deliveries per second. At this low rate, two cores are far from busy and rooms cannot batch messages. So if a
    // cost grows, the cause is the growing quantity and not the load.
    private const int Deliveries = 20_000;

    private static readonly int[] RoomCounts = [10, 30, 100, 300, 1000];
    private static readonly int[] Sizes = [10, 100, 1000, 10_000];
    private static readonly int[] ProcessCounts = [1, 2, 4];

    /// <summary>Returns the four axes.</summary>
    /// <param name="canHaveSilos">Whether the store allows more than one silo.</param>
    public static IReadOnlyList<GrowthAxis> All(bool canHaveSilos) => [Rooms(), Members(), Gateways(), Silos(canHaveSilos)];

    private static GrowthAxis Rooms() => new(
        "rooms", "rooms of 10 members, 400 messages/s in all rooms together, one gateway, one silo", "",
        [.. RoomCounts.Select(rooms => new GrowthPoint(rooms, 1, 1, Open("rooms", rooms, rooms, 10, senders: 1, rate: 400)))]);

    private static GrowthAxis Members()
    {
        var most = Math.Min(ProcessFigures.MaxFiles() - OtherFiles, ProcessFigures.MaxPorts());
        var sizes = Array.FindAll(Sizes, members => members <= most);
        var connections = sizes[^1];
        return new(
            "members of a room",
            $"{connections} connections in rooms of the given size, {Deliveries * (long)connections / Sizes[^1]} deliveries/s, one gateway, one silo. That is 2 messages/s in each room. So if the rooms are larger, there are fewer messages in all rooms together, and fewer in one commit",
            sizes.Length == Sizes.Length ? "" : $"rooms of {string.Join(" and ", Sizes[sizes.Length..])} members, because a process may have only {ProcessFigures.MaxFiles()} open files and {ProcessFigures.MaxPorts()} local ports",
            [.. sizes.Select(members => new GrowthPoint(members, 1, 1, Open(
                "members", members, connections / members, members, senders: 1, Deliveries * connections / Sizes[^1] / members)))]);
    }

    private static GrowthAxis Gateways() => new(
        "gateways", "40 rooms of 50 members, each room with members on every gateway, 400 messages/s and 20,000 deliveries/s, one silo", "",
        [.. ProcessCounts.Select(gateways => new GrowthPoint(gateways, gateways, 1, Base("gateways", gateways)))]);

    private static GrowthAxis Silos(bool canHaveSilos) => new(
        "silos", "40 rooms of 50 members, spread over the silos, 400 messages/s and 20,000 deliveries/s, one gateway",
        canHaveSilos ? "" : "2 and 4 silos, because they need PostgreSQL",
        [.. ProcessCounts.Where(silos => canHaveSilos || silos == 1).Select(silos => new GrowthPoint(silos, 1, silos, Base("silos", silos)))]);

    private static Scenario Base(string axis, int value) => Open(axis, value, rooms: 40, members: 50, senders: 4, rate: Deliveries / 50);

    private static Scenario Open(string axis, int value, int rooms, int members, int senders, int rate) =>
        new($"{axis}-{value}", rooms, members, senders, InFlight: 0, rate);
}
