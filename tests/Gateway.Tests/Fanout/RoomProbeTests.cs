using Microsoft.Extensions.Logging.Abstractions;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>
/// The probe asks the log which rooms exist. It has at most one call in flight. All questions that arrive during this
/// call share the next call.
/// </summary>
public sealed class RoomProbeTests
{
    private readonly List<string[]> _calls = [];

    [Fact]
    public async Task Ask_WhenACallIsInFlight_JoinsTheNextCall()
    {
        var first = new TaskCompletionSource<RoomHeads>();
        var probe = Probe(rooms => _calls.Count == 1 ? first.Task : Task.FromResult(Heads("lobby")));

        var alone = probe.MayExistAsync("attic");
        await Waiting.UntilAsync(() => _calls.Count == 1, "the first call");
        Task<bool>[] others = [probe.MayExistAsync("lobby"), probe.MayExistAsync("cellar"), probe.MayExistAsync("cellar")];
        for (var turns = 0; turns < 100; turns++)
        {
            await Task.Yield(); // Gives a second call time to start. A second call would be a fault.
        }

        Assert.Single(_calls);
        first.SetResult(Heads());

        Assert.False(await alone);
        var answers = await Task.WhenAll(others);
        Assert.Equal([true, false, false], answers);
        Assert.Equal(["attic", "lobby cellar"], _calls.Select(rooms => string.Join(' ', rooms)));
    }

    [Fact]
    public async Task Ask_WhenTheLogIsUnavailable_LeavesTheAnswerToTheRoom()
    {
        var probe = Probe(_ => Task.FromException<RoomHeads>(new IOException("away")));

        Assert.True(await probe.MayExistAsync("lobby"));
    }

    private static RoomHeads Heads(params string[] rooms) => new([.. rooms.Select(room => new RoomHead(room, 0, 1))], 1);

    private RoomProbe Probe(Func<string[], Task<RoomHeads>> answers) => new(
        rooms =>
        {
            _calls.Add(rooms);
            return answers(rooms);
        },
        new(NullLogger<BackgroundTasks>.Instance), TimeProvider.System);
}
