using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// Two silos and two gateways, each a process, on PostgreSQL. Many tests share this cluster. Each test uses its own
/// rooms, and stops no process.
/// </summary>
public sealed class ProcessTestCluster : IAsyncLifetime
{
    private RunningLocalCluster? _cluster;
    private int _names;

    /// <summary>The port of the first gateway.</summary>
    internal int First => _cluster!.Port;

    /// <summary>The port of the second gateway.</summary>
    internal int Second => _cluster!.Port + 1;

    /// <summary>Returns a name that no other test uses, for a room or a user.</summary>
    internal string Fresh(string name) => $"{name}-{Interlocked.Increment(ref _names)}";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var postgres = await PostgresServer.SharedAsync();
        _cluster = await RunningLocalCluster.StartAsync(
            2, RunningLocalCluster.Patient, "--silos", "2", "--store", "postgres", "--connection", await postgres.CreateDatabaseAsync());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}

/// <summary>The tests that share <see cref="ProcessTestCluster"/>. These tests run one after another.</summary>
[CollectionDefinition(nameof(ProcessTestCluster))]
public sealed class ChatClusterTests : ICollectionFixture<ProcessTestCluster>;
