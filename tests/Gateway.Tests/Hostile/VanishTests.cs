using System.Diagnostics;
using System.Text;
using OrleansChat.Gateway.Tests.Connections;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>Peers whose machine dies without a close frame, and peers that only stop reading.</summary>
public sealed class VanishTests
{
    [Fact]
    public async Task Peer_WhenItsMachineDiesDuringOutput_IsGivenUp()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux reports the acknowledgements of TCP. On other systems, the gateway waits for StallTimeout.");
        await using var server = await ConnectionServer.StartAsync(new() { Heartbeat = TimeSpan.FromSeconds(1), StallTimeout = TimeSpan.FromSeconds(3600), CloseTimeout = TimeSpan.FromSeconds(1), SendBufferBytes = 8 * 1024 });
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 8 * 1024);
        var connection = await server.AcceptedAsync();
        connection.SendQueue.EnqueueAnswer("first"u8.ToArray());
        Assert.Equal("first", await client.ReceiveTextAsync());

        client.Die();
        connection.SendQueue.EnqueueAnswer(Encoding.ASCII.GetBytes(new string('x', 600_000)));

        await Waiting.ForAsync(server.Over, "the server to notice the dead peer", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Peer_WhenItsMachineDiesWhileIdle_IsGivenUp()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The test uses a packet filter to make the client look dead. Only Linux has such a filter.");
        await using var server = await ConnectionServer.StartAsync(new() { Heartbeat = TimeSpan.FromSeconds(1), CloseTimeout = TimeSpan.FromSeconds(1) });
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await server.AcceptedAsync();

        client.Die();

        await Waiting.ForAsync(server.Over, "the server to notice the dead peer", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Peer_WhenItReadsNothingButItsMachineAnswers_IsNotGivenUp()
    {
        await using var server = await ConnectionServer.StartAsync(new() { Heartbeat = TimeSpan.FromSeconds(1), StallTimeout = TimeSpan.FromSeconds(3600), CloseTimeout = TimeSpan.FromSeconds(1), SendBufferBytes = 8 * 1024 });
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 8 * 1024);
        var connection = await server.AcceptedAsync();
        connection.SendQueue.EnqueueAnswer(Encoding.ASCII.GetBytes(new string('x', 600_000)));

        // The gateway ends the connection of a dead peer within 6 s. No event shows that the gateway keeps a
        // connection, so the test can only wait.
        var stalled = Stopwatch.GetTimestamp();
        await Task.WhenAny(server.Over, Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken));

        Assert.False(server.Over.IsCompleted, $"The gateway ended the connection after {Stopwatch.GetElapsedTime(stalled)}");
        Assert.Equal(600_000, (await client.ReceiveTextAsync()).Length);
    }
}
