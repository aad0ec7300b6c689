using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Reads of the log that do not call the room.</summary>
public sealed class HistoryTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("history");

    [Fact]
    public async Task Page_WhenTheStartIsNegative_CountsFromTheEnd()
    {
        await using var gateway = await FilledRoomAsync();

        Assert.Equal("4, 5", await SequencesAsync(after: 3, limit: 2));
        Assert.Equal("8, 9, 10", await SequencesAsync(after: -3, limit: 10));
        Assert.Equal("1, 2", await SequencesAsync(after: -99, limit: 2));
        Assert.Equal(10, (await cluster.History.PageAsync(_room, "ann", 10, 10)).Head);
        Assert.Equal(Refusal.NotFound, (await cluster.History.PageAsync("nowhere", "ann", 0, 10)).Refusal);
    }

    [Fact]
    public async Task Heads_WhenOneRoomIsAbsent_ReturnsTheOthers()
    {
        await using var gateway = await FilledRoomAsync();

        var heads = await cluster.History.HeadsAsync([_room, "nowhere"]);

        Assert.Equal([new RoomHead(_room, 10, 1)], heads.Heads);
        Assert.True(heads.Cluster > 0);
        Assert.Equal([9L, 10], (await cluster.History.ReadAsync(_room, 8, 5000)).Select(one => one.Seq));
    }

    [Theory]
    [InlineData(-60, 60, long.MaxValue, 44, 60)]
    [InlineData(0, 60, 0, 1, 17)]
    [InlineData(0, 50, long.MaxValue, 34, 50)]
    [InlineData(4, 50, 30, 22, 39)]
    public async Task Page_WhenItIsTooLarge_KeepsTheRequestedEnd(long after, int limit, long whole, int first, int last)
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        for (var i = 0; i < 60; i += 10)
        {
            await gateway.SendAsync(_room, [.. Enumerable.Range(i, 10).Select(n => TestGateway.Say("ann", new string('x', 16_000)))]);
        }

        var page = await cluster.History.PageAsync(new(_room, "ann", after, limit, whole), TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(first, last - first + 1).Select(seq => (long)seq), page.Events.Select(one => one.Seq));
        Assert.Equal(60, page.Head);
        Assert.Equal(17, (await cluster.History.ReadAsync(_room, 0, 1000)).Length);
    }

    [Fact]
    public async Task Read_WhenTheStoreRefusesTheName_IsNotFoundForGood()
    {
        await using var gateway = await FilledRoomAsync();
        cluster.Log[_room].RefusesName = true;

        var page = await cluster.History.PageAsync(_room, "ann", 0, 10);
        var who = await cluster.History.WhoAsync(_room, "ann", 10);

        Assert.Equal((0, Refusal.NotFound), (page.Events.Length, page.Refusal));
        Assert.Equal((null, Refusal.NotFound), (who.Users, who.Refusal));
        await Assert.ThrowsAsync<IOException>(() => cluster.History.ReadAsync(_room, 0, 10));
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
