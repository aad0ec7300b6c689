using System.Globalization;
using OrleansChat.ChatCheck.Clients;
using OrleansChat.LocalCluster;
using OrleansChat.Postgres;

namespace OrleansChat.ChatCheck.Cluster;

/// <summary>
/// The cluster of one run: silos and gateways, each as its own process, and a PostgreSQL server if the store needs it.
/// The data of PostgreSQL is always deleted at the end. Other data and the logs are deleted unless
/// <see cref="KeepLogs"/> is set; logs in the directory of <c>--logs</c> are never deleted.
/// </summary>
internal sealed class OwnCluster : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);

    private readonly CancellationTokenSource _ending = new();
    private readonly ReadyProbe _probe;
    private readonly List<StreamWriter> _logs = [];
    private readonly string _data;
    private Task _kept = Task.CompletedTask;

    private OwnCluster(ReadyProbe probe, string data) => (_probe, _data) = (probe, data);

    /// <summary>The PostgreSQL server; null if the cluster uses another store.</summary>
    public PrivatePostgres? Database { get; private set; }

    public IReadOnlyList<Node> Silos { get; private set; } = [];

    public IReadOnlyList<Node> Gateways { get; private set; } = [];

    /// <summary>The gateways' WebSocket addresses.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>The directory of the processes' logs.</summary>
    public string Logs { get; private set; } = "";

    private IEnumerable<Node> All => Silos.Concat(Gateways);

    /// <summary>Starts all processes. Throws <see cref="CannotStartException"/> if that fails.</summary>
    public static async Task<OwnCluster> StartAsync(CheckOptions options, Disturbances disturbances, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.Store is Store.Postgres && !PrivatePostgres.IsInstalled)
        {
            throw new CannotStartException($"{PrivatePostgres.Missing} Or use --store sqlite --silos 1.");
        }

        var cluster = new OwnCluster(new(ReadyWithin, time), Directory.CreateTempSubdirectory("orleanschat-check-").FullName);
        try
        {
            cluster.Database = options.Store is Store.Postgres ? await PrivatePostgres.StartAsync() : null;
            var local = new LocalOptions(
                options.Silos, options.Gateways, options.Store, cluster.Database is { } database ? await database.CreateDatabaseAsync() : null, cluster._data,
                Ports.ChooseRow(options.Gateways), Limits: false, Restart: true, LocalIdentity.Development, [])
            {
                SiloPrograms = options.SiloPrograms,
                GatewayPrograms = options.GatewayPrograms,
                Settings = options.Settings,
                StopWithin = TimeSpan.FromSeconds(31),
            };
            await cluster.StartAsync(ClusterPlan.For(local), options.Logs ?? Path.Combine(cluster._data, "logs"), disturbances, time, cancellationToken);
            return cluster;
        }
        catch (InvalidOperationException exception)
        {
            await cluster.DisposeAsync();
            throw new CannotStartException(exception.Message); // The exception comes from PrivatePostgres.
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Waits until every process is ready. Returns the name of a process that is not ready in time; null if all are
    /// ready.
    /// </summary>
    public async Task<string?> NotReadyAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var ready = await Task.WhenAll(All.Select(async node => (node.Name, IsReady: await node.ReadyAsync(within, cancellationToken))));
        return ready.FirstOrDefault(node => !node.IsReady).Name;
    }

    /// <summary>How often processes ended although no fault had killed or drained them.</summary>
    public int Endings => All.Sum(node => node.Endings);

    /// <summary>
    /// Whether to keep the run's temporary directory. It contains the SQLite files, and the logs unless <c>--logs</c>
    /// names another directory.
    /// </summary>
    public bool KeepLogs { get; set; }

    /// <summary>
    /// Returns the number of lines in the processes' logs that contain <paramref name="text"/>. Call this method only
    /// after <see cref="EndAsync"/>.
    /// </summary>
    public int LinesWith(string text) => Directory.EnumerateFiles(Logs).Sum(file => ReadLines(file).Count(line => line.Contains(text, StringComparison.Ordinal)));

    /// <summary>
    /// Returns the sum of all numbers in the processes' logs that stand directly before <paramref name="text"/>. Call
    /// this method only after <see cref="EndAsync"/>.
    /// </summary>
    public long SumBefore(string text) => Directory.EnumerateFiles(Logs).Sum(file => ReadLines(file).Sum(line => NumberBefore(line, text)));

    private static long NumberBefore(string line, string text)
    {
        var end = line.IndexOf(text, StringComparison.Ordinal);
        var from = end;
        while (from > 0 && char.IsAsciiDigit(line[from - 1]))
        {
            from--;
        }

        return from < end ? long.Parse(line[from..end], CultureInfo.InvariantCulture) : 0;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        foreach (var node in All)
        {
            node.Dispose();
        }

        if (Database is not null)
        {
            await Database.DisposeAsync();
        }

        _probe.Dispose();
        _ending.Dispose();
        if (!KeepLogs)
        {
            Directory.Delete(_data, recursive: true);
        }
    }

    /// <summary>Kills all silos and gateways, and closes their logs.</summary>
    public async Task EndAsync()
    {
        await _ending.CancelAsync();
        await _kept;
        await Task.WhenAll(All.Select(node => node.EndAsync()));
        _logs.ForEach(log => log.Dispose());
        _logs.Clear();
    }

    private async Task StartAsync(ClusterPlan plan, string logs, Disturbances disturbances, TimeProvider time, CancellationToken cancellationToken)
    {
        Logs = logs;
        Directory.CreateDirectory(logs);
        Silos = [.. plan.Silos.Select(silo => Make(silo, null))];
        Gateways = [.. plan.Gateways.Select((gateway, at) => Make(gateway, at))];
        Addresses = [.. plan.Gateways.Select(gateway => new UriBuilder(gateway.Address) { Scheme = "ws", Host = "127.0.0.1" }.Uri)];
        await Task.WhenAll(Silos.Select(silo => silo.StartAsync(cancellationToken)));
        await Task.WhenAll(Gateways.Select(gateway => gateway.StartAsync(cancellationToken)));
        _kept = Task.WhenAll(All.Select(node => node.KeepAsync(_ending.Token)));

        Node Make(ProcessPlan child, int? gateway)
        {
            var log = new StreamWriter(new FileStream(Path.Combine(logs, $"{child.Name}.log"), FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true };
            _logs.Add(log);
            return new(child, gateway, _probe, new ConsoleOutput(log, log, colours: false), disturbances, time);
        }
    }

    private static IEnumerable<string> ReadLines(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
