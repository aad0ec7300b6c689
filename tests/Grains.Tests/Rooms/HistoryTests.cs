using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Reads of the log beside the room.</summary>
public sealed class HistoryTests(ChatCluster cluster)
{
    private readonly string _room = ChatCluster.Fresh("history");

    [Fact]
    public async Task Page_CountsFromEitherEnd()
    {
        await using var gateway = await FilledRoomAsync();

        Assert.Equal("4, 5", await SequencesAsync(after: 3, limit: 2));
        Assert.Equal("8, 9, 10", await SequencesAsync(after: -3, limit: 10));
        Assert.Equal("1, 2", await SequencesAsync(after: -99, limit: 2));
        Assert.Equal(10, (await cluster.History.PageAsync(_room, "ann", 10, 10)).Head);
        Assert.Equal(Refusal.NotFound, (await cluster.History.PageAsync("nowhere", "ann", 0, 10)).Refusal);
    }

    [Fact]
    public async Task Heads_AreThoseOfTheLogWithTheirClaims()
    {
        await using var gateway = await FilledRoomAsync();

        var heads = await cluster.History.HeadsAsync([_room, "nowhere"]);

        Assert.Equal([new RoomHead(_room, 10, 1)], heads.Heads);
        Assert.True(heads.Cluster > 0);
        Assert.Equal([9L, 10], (await cluster.History.ReadAsync(_room, 8, 5000)).Select(one => one.Seq));
    }

    private async Task<string> SequencesAsync(long after, int limit)
        => string.Join(", ", (await cluster.History.PageAsync(_room, "ann", after, limit)).Events.Select(one => one.Seq));

    private async Task<TestGateway> FilledRoomAsync()
    {
        var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.SendAsync(_room, [.. Enumerable.Range(0, 10).Select(i => TestGateway.Say("ann", $"{i}"))]);
        return gateway;
    }
}
