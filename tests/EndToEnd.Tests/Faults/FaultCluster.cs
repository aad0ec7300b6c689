using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.Postgres;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Faults;

/// <summary>
/// Three silos and three gateways, each a process, on their own PostgreSQL. Several tests kill, stop and restart these
/// processes, one test after another. LocalCluster restarts each process that ends, and each test waits until the
/// process runs again.
/// </summary>
public sealed class FaultCluster : IAsyncLifetime
{
    /// <summary>
    /// The maximum number of clients per second that the draining gateways send to each remaining gateway.
    /// </summary>
    public const int AcceptsPerSecond = 10;

    private const int Gateways = 3;
    private const int Members = 9;
    private const int Rooms = 6;
    private RunningLocalCluster? _cluster;
    private PrivatePostgres? _postgres;
    private int _names;

    /// <summary>The ports of the gateways.</summary>
    internal int[] Ports => [.. Enumerable.Range(_cluster!.Port, Gateways)];

    internal PrivatePostgres Postgres => _postgres!;

    /// <summary>The output of LocalCluster and of its processes.</summary>
    internal string[] Said => _cluster!.Group.Output;

    /// <summary>Returns a name that no other test uses, for a room or a user.</summary>
    internal string Fresh(string name) => $"{name}-{Interlocked.Increment(ref _names)}";

    /// <summary>Connects members that chat through all gateways, in rooms that no other test uses.</summary>
    internal Task<Crowd> GatherAsync(out string[] rooms, TimeSpan? patience = null)
    {
        rooms = [.. Enumerable.Range(0, Rooms).Select(_ => Fresh("room"))];
        return Crowd.GatherAsync(Members, Fresh("member"), rooms, Ports, JsonClient.ConnectAsync, patience);
    }

    /// <summary>
    /// Sends a signal to a child such as <c>silo-1</c> or <c>gateway-3</c>, and returns the child's process id.
    /// </summary>
    internal async Task<int> SignalAsync(string child, string signal)
    {
        var pid = _cluster!.Child(child).Pid;
        await ProcessGroup.SignalAsync(signal, pid);
        return pid;
    }

    /// <summary>Waits until LocalCluster has reported how the child ended, and has restarted it.</summary>
    internal async Task BackAsync(string child, int pid, string ended)
    {
        await _cluster!.Group.LineAsync($"{child} (pid {pid}) {ended}; starting it again", RunningLocalCluster.StartLimit);
        for (var began = Stopwatch.GetTimestamp(); _cluster.Child(child).Pid == pid; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < RunningLocalCluster.StartLimit, $"LocalCluster did not restart {child} within {RunningLocalCluster.StartLimit}: {string.Join('\n', _cluster.Group.Output.TakeLast(40))}");
        }
    }

    /// <summary>
    /// Waits until <paramref name="count"/> users are in a room, according to the answer to <c>who</c>. Fails after
    /// <paramref name="within"/>.
    /// </summary>
    internal static Task CountsAsync(JsonClient asker, string room, int count, TimeSpan within) =>
        HoldsAsync(asker, room, $"{count} users", who => (int?)who["count"] == count, within);

    /// <summary>
    /// Waits until a user is no longer in a room, according to the answer to <c>who</c>. Fails after <paramref
    /// name="within"/>.
    /// </summary>
    internal static Task HasLeftAsync(JsonClient asker, string room, string user, TimeSpan within) =>
        HoldsAsync(asker, room, $"no {user}", who => who["users"] is JsonArray users && !users.Any(here => (string?)here == user), within);

    private static async Task HoldsAsync(JsonClient asker, string room, string what, Func<JsonObject, bool> holds, TimeSpan within)
    {
        JsonObject who;
        var began = Stopwatch.GetTimestamp();
        do
        {
            var ask = asker.Command("who");
            ask["room"] = room;
            who = await asker.AskAsync(ask);
            if (holds(who))
            {
                return;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        while (Stopwatch.GetElapsedTime(began) < within);
        Assert.Fail($"{room} must have {what} within {within}. The last answer: {who.ToJsonString()}");
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresServer.StartAsync();
        _cluster = await RunningLocalCluster.StartAsync(
            Gateways,
            new Dictionary<string, string> { ["Drain__AcceptsPerSecond"] = $"{AcceptsPerSecond}" },
            "--silos", "3", "--store", "postgres", "--connection", await _postgres.CreateDatabaseAsync());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            if (Environment.GetEnvironmentVariable("ORLEANSCHAT_FAULT_LOG") is { Length: > 0 } file)
            {
                await File.WriteAllLinesAsync(file, [.. _cluster.Group.Output, .. _cluster.Group.Errors]);
            }

            await _cluster.DisposeAsync();
        }

        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }
}

/// <summary>The tests that share <see cref="FaultCluster"/>. These tests run one after another.</summary>
[CollectionDefinition(nameof(FaultCluster))]
public sealed class FaultClusterTests : ICollectionFixture<FaultCluster>;
