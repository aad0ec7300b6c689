using OrleansChat.Postgres;

namespace OrleansChat.Load.Peers;

/// <summary>
/// OrleansChat: silos and gateways that LocalCluster starts, as in the README, with a choice of stores.
/// </summary>
internal sealed class OrleansChatPeer : IPeer
{
    private readonly ClusterProcess _cluster;
    private readonly PrivatePostgres? _postgres;
    private readonly string _data;
    private readonly int _gateways;

    private OrleansChatPeer(ClusterProcess cluster, PrivatePostgres? postgres, string data, int gateways, int silos)
    {
        (_cluster, _postgres, _data, _gateways) = (cluster, postgres, data, gateways);
        Processes =
        [
            .. Enumerable.Range(1, silos).Select(i => ($"silo-{i}", cluster.Pid($"silo-{i}"))),
            .. Enumerable.Range(1, gateways).Select(i => ($"gateway-{i}", cluster.Pid($"gateway-{i}"))),
        ];
        Processes = postgres is null ? Processes : [.. Processes, ("postgres", postgres.ProcessId)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, int Pid)> Processes { get; }

    /// <summary>Starts one silo and a number of gateways. Throws if they do not start.</summary>
    /// <param name="store"><c>sqlite</c>, <c>postgres</c> (a server for this peer alone, with fsync) or
    /// <c>memory</c>.</param>
    public static Task<OrleansChatPeer> StartAsync(int gateways, string store, CancellationToken cancellationToken) =>
        StartAsync(gateways, 1, store, cancellationToken);

    /// <summary>
    /// Starts a number of silos and gateways. Throws if they do not start. More than one silo needs PostgreSQL, which
    /// stores the cluster membership.
    /// </summary>
    public static async Task<OrleansChatPeer> StartAsync(int gateways, int silos, string store, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-load-").FullName;
        var postgres = store == "postgres" ? await PrivatePostgres.StartAsync() : null;
        string[] connection = postgres is null ? [] : ["--connection", await postgres.CreateDatabaseAsync()];
        var cluster = await ClusterProcess.StartAsync(
            ["--gateways", $"{gateways}", "--silos", $"{silos}", "--store", store, "--data", data, .. connection], new Dictionary<string, string>(), cancellationToken);
        return new(cluster, postgres, data, gateways, silos);
    }

    /// <inheritdoc/>
    public async Task<FrameSocket> JoinAsync(int number, string room, CancellationToken cancellationToken)
    {
        var socket = await FrameSocket.ConnectUnwatchedAsync(
            _cluster.Port + (number % _gateways), $"/ws?user=user{number}", FrameSocket.Subprotocol, cancellationToken);
        await Conversation.JoinAsync(socket, room, cancellationToken);
        return socket;
    }

    /// <inheritdoc/>
    public string Send(string room, string id, string text) => $$"""{"t":"send","id":"{{id}}","room":"{{room}}","text":"{{text}}"}""";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }
}
