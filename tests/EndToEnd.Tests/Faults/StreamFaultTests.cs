using OrleansChat.EndToEnd.Tests.Chat;

namespace OrleansChat.EndToEnd.Tests.Faults;

/// <summary>
/// The stream of one gateway is faulty, but reports no error. The clients of both gateways still get every event once
/// and in order, including the last event. For each client, the test prints the longest delay of an event. This delay
/// must be less than 15 s, which is much longer than even a busy machine needs.
/// </summary>
public sealed class StreamFaultTests(FaultyCluster cluster, ITestOutputHelper output) : IClassFixture<FaultyCluster>
{
    private const int EachSends = 150, InFlight = 8;
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData("drop", 0.3)]
    [InlineData("drop", 1)]
    [InlineData("delay", 1)]
    [InlineData("double", 1)]
    [InlineData("reorder", 1)]
    public async Task Delivery_WhenAGatewayStreamIsFaulty_IsCompleteAndInOrder(string fault, double share)
    {
        var room = $"{fault}-{share * 100:0}";
        await using var here = await JsonClient.ConnectAsync(cluster.Faulty, $"here-{room}");
        await using var there = await JsonClient.ConnectAsync(cluster.Sound, $"there-{room}");
        await using var listener = await JsonClient.ConnectAsync(cluster.Faulty, $"listener-{room}");
        JsonClient[] members = [here, there, listener];
        foreach (var member in members)
        {
            await member.JoinAsync(room);
        }

        await cluster.BecomeAsync(fault, share);
        await Task.WhenAll(SendAllAsync(here), SendAllAsync(there));
        foreach (var member in members)
        {
            var events = await member.EventsAsync(room, 2 * EachSends);
            Assert.Equal(Enumerable.Range(1, 2 * EachSends), events.Select(ev => (int)ev["seq"]!));
        }

        Assert.NotEqual(0, await cluster.BecomeAsync("none"));
        Assert.All(members, member => Assert.DoesNotContain(member.Frames, frame => (string?)frame["t"] is "closed" or "gap"));
        Assert.All(members, member => Assert.Equal(
            there.EventsOf(room).Select(ev => (string?)ev["text"]), member.EventsOf(room).Select(ev => (string?)ev["text"])));
        foreach (var member in members)
        {
            var latest = member.LatestOf(room);
            output.WriteLine($"{member.User}: every event arrived within {latest.TotalMilliseconds:0} ms");
            Assert.InRange(latest, TimeSpan.FromSeconds(-1), Late);
        }

        async Task SendAllAsync(JsonClient sender)
        {
            var answers = new Queue<Task>();
            for (var n = 1; n <= EachSends; n++)
            {
                if (answers.Count == InFlight)
                {
                    await answers.Dequeue();
                }

                answers.Enqueue(sender.SendAsync(room, $"{sender.User} {n}"));
            }

            await Task.WhenAll(answers);
        }
    }
}
