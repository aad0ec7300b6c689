using System.Diagnostics;
using System.Text;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Tests.Connections;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>Peers that go without a word, and such as only seem to.</summary>
public sealed class VanishTests
{
    [Fact]
    public async Task APeerWhoseMachineDies_WithMuchToBeWritten_IsGivenUp_AfterTwoHeartbeats()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells of acknowledgements; elsewhere it takes Connections:StallSeconds.");
        await using var server = await ConnectionServer.StartAsync(new() { HeartbeatSeconds = 1, StallSeconds = 3600, CloseSeconds = 1, SendBufferBytes = 8 * 1024 });
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 8 * 1024);
        var connection = await server.AcceptedAsync();
        connection.Outbox.Answer("first"u8.ToArray());
        Assert.Equal("first", await client.ReceiveTextAsync());

        client.Die();
        connection.Outbox.Answer(Encoding.ASCII.GetBytes(new string('x', 600_000)));

        await Waiting.ForAsync(server.Over, "the dead to be noticed", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task APeerWhoseMachineDies_WithNothingToBeWritten_IsGivenUp_AfterTwoHeartbeats()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The client dies by a packet filter, which is Linux's.");
        await using var server = await ConnectionServer.StartAsync(new() { HeartbeatSeconds = 1, CloseSeconds = 1 });
        using var client = await RawWebSocket.ConnectAsync(server.Address);
        await server.AcceptedAsync();

        client.Die();

        await Waiting.ForAsync(server.Over, "the dead to be noticed", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task APeerThatReadsNothing_ForManyHeartbeats_IsNotTakenForDead_WhileItsMachineAnswers()
    {
        await using var server = await ConnectionServer.StartAsync(new() { HeartbeatSeconds = 1, StallSeconds = 3600, CloseSeconds = 1, SendBufferBytes = 8 * 1024 });
        using var client = await RawWebSocket.ConnectAsync(server.Address, receiveBuffer: 8 * 1024);
        var connection = await server.AcceptedAsync();
        connection.Outbox.Answer(Encoding.ASCII.GetBytes(new string('x', 600_000)));

        // It must last longer than the dead are given, and nothing tells when it has.
        var stalled = Stopwatch.GetTimestamp();
        await Task.WhenAny(server.Over, Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken));

        Assert.False(server.Over.IsCompleted, $"it was given up after {Stopwatch.GetElapsedTime(stalled)}");
        Assert.Equal(600_000, (await client.ReceiveTextAsync()).Length);
    }
}
