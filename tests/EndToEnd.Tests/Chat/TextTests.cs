using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// Text mode works with clients that were written for other servers: the page of gorilla/websocket's chat example,
/// clients that connect with <c>?user=</c>, and wscat.
/// </summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class TextTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task GorillaPage_WhenItsLinesAreRaw_ChatsAcrossGateways()
    {
        var room = cluster.Fresh("room");
        using var first = await ConnectAsync(cluster.First, $"/ws?room={room}&raw=1");
        using var second = await ConnectAsync(cluster.Second, $"/ws?room={room}&raw=1");
        await TogetherAsync(room);

        // Like the server of gorilla's chat example, the gateway replaces line breaks with spaces, removes spaces at
        // both ends, and sends the line to its sender too.
        await first.SendTextAsync("  hello\nworld ");

        Assert.Equal("hello world", await first.ReceiveLineAsync());
        Assert.Equal("hello world", await second.ReceiveLineAsync());
        await second.SendFrameAsync(RawFrame.Binary, "binary in, text out"u8.ToArray());
        Assert.Equal("binary in, text out", await first.ReceiveLineAsync());
        Assert.Null(first.Subprotocol);

        async Task TogetherAsync(string name)
        {
            await using var watcher = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("watcher"));
            await watcher.JoinAsync(name);
            var who = watcher.Command("who");
            who["room"] = name;
            while ((int)(await watcher.AskAsync(who, "who"))["count"]! < 3)
            {
                who = watcher.Command("who");
                who["room"] = name;
            }
        }
    }

    [Fact]
    public async Task UserClient_WhenItConnectsAtTheRootPath_ChatsInLines()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("张三"));
        var room = cluster.Fresh("room");
        using var first = await ConnectAsync(cluster.First, $"/?user={ann}&room={room}");
        await LineAsync(first, $"* you are {ann}");
        await LineAsync(first, $"* you are in {room} (1 here)");
        using var second = await ConnectAsync(cluster.Second, $"/?user={Uri.EscapeDataString(bob)}&room={room}");
        await LineAsync(first, $"* {bob} joined (2 here)");

        await second.SendTextAsync("你好");
        await LineAsync(first, $"{bob}: 你好");
        await first.SendTextAsync($"/msg {bob} psst");
        await LineAsync(second, $"*{ann}* psst");
        await LineAsync(first, $"-> *{bob}* psst");
        await second.SendTextAsync("/me waves");
        await LineAsync(first, $"* {bob} waves");
        await second.SendTextAsync("/quit");
        Assert.Equal(1000, (await second.ReceiveCloseAsync()).CloseCode);
        await LineAsync(first, $"* {bob} left (1 here)");
    }

    [Fact]
    public async Task TextClient_WhenARoomHasHistory_GetsTheLastTwentyLines()
    {
        var room = cluster.Fresh("room");
        await using var writer = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("writer"));
        await writer.JoinAsync(room);
        for (var n = 1; n <= 30; n++)
        {
            await writer.SendAsync(room, $"line {n}");
        }

        using var fresh = await ConnectAsync(cluster.Second, $"/ws?room={room}&raw=1");
        using var resumed = await ConnectAsync(cluster.Second, $"/ws?room={room}&raw=1&seq=1&after=28");

        for (var n = 11; n <= 30; n++)
        {
            Assert.Equal($"line {n}", await fresh.ReceiveLineAsync());
        }

        Assert.Equal("#29 line 29", await resumed.ReceiveLineAsync());
        Assert.Equal("#30 line 30", await resumed.ReceiveLineAsync());
    }

    [Fact]
    public async Task Hello_WhenItIsTheFirstFrame_SwitchesToJson()
    {
        using var person = await ConnectAsync(cluster.First, $"/ws?user={cluster.Fresh("ann")}");

        await person.SendTextAsync("""{"t":"hello","id":"1"}""");

        await LineAsync(person, """{"t":"welcome","id":"1",""");
        await person.SendTextAsync("""{"t":"ping","id":"2"}""");
        await LineAsync(person, """{"t":"pong","id":"2"}""");
    }

    private static Task<RawWebSocket> ConnectAsync(int port, string path) => RawWebSocket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}{path}"));

    /// <summary>Reads lines until one of them begins with the given text.</summary>
    private static async Task LineAsync(RawWebSocket client, string begins)
    {
        while (!(await client.ReceiveLineAsync()).StartsWith(begins, StringComparison.Ordinal))
        {
        }
    }
}
