
namespace OrleansChat.Streams.Tests;

public sealed class StreamsHostingTests
{
    [Fact]
    public async Task Publish_WhenCalledByAClient_IsRefused()
    {
        await using var cluster = await StreamsCluster.StartAsync();
        await using var gateway = await cluster.ConnectAsync();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => gateway.Stream("any").OnNextAsync(new Item("client", 0)));

        Assert.Contains("ReadOnly", refusal.Message, StringComparison.Ordinal);
    }
}
