using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace OrleansChat.EndToEnd.Tests.LocalCluster;

/// <summary>LocalCluster as a user runs it, with a data directory and gateway ports of its own.</summary>
internal sealed partial class RunningLocalCluster : IAsyncDisposable
{
    /// <summary>Enough for a start on a slow and busy machine.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(180);

    /// <summary>
    /// Settings for where no deadline is tried: a disk that stands still for some seconds, or a silo that is slow to come back, makes such a test
    /// late and does not fail it.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> Patient = new Dictionary<string, string>
    {
        ["Log:AppendTimeout"] = "00:00:20",
        ["Log:CallTimeout"] = "00:00:20",
        ["Fanout:CommandMs"] = "120000",
    };

    private static readonly HashSet<int> Taken = [];

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("orleanschat-data-");

    private RunningLocalCluster(int gateways, IReadOnlyDictionary<string, string>? settings, string[] arguments)
    {
        Port = FreePorts(gateways);
        Group = ProcessGroup.Start(
            Built.LocalCluster,
            ["--gateways", Text(gateways), "--port", Text(Port), "--data", _data.FullName, .. arguments],
            settings is null ? null : AsEnvironment(settings));
    }

    /// <summary>The first gateway's port.</summary>
    public int Port { get; }

    public ProcessGroup Group { get; }

    /// <summary>Starts it and waits until it says that it is up.</summary>
    public static Task<RunningLocalCluster> StartAsync(int gateways, params string[] arguments) =>
        StartAsync(gateways, settings: null, arguments);

    /// <summary>The same with settings of silos and gateways, by path: <c>Lag:MaxEvents</c>.</summary>
    public static async Task<RunningLocalCluster> StartAsync(int gateways, IReadOnlyDictionary<string, string>? settings, params string[] arguments)
    {
        var running = new RunningLocalCluster(gateways, settings, arguments);
        try
        {
            await running.Group.LineAsync("Ctrl-C stops everything.", StartLimit);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>Settings by path, as a process takes them from its environment.</summary>
    public static Dictionary<string, string> AsEnvironment(IReadOnlyDictionary<string, string> settings) =>
        settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value);

    /// <summary>The first of so many ports in a row at which nothing listens, and of which nobody here was told before.</summary>
    public static int FreePorts(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(10_000, 19_000);
            var ports = Enumerable.Range(first, count).ToArray();
            var listeners = ports.Select(port => new TcpListener(IPAddress.Any, port)).ToArray();
            try
            {
                Array.ForEach(listeners, listener => listener.Start());
                lock (Taken)
                {
                    if (!Taken.Overlaps(ports))
                    {
                        Taken.UnionWith(ports);
                        return first;
                    }
                }
            }
            catch (SocketException)
            {
                // Somebody has one of them: try others.
            }
            finally
            {
                Array.ForEach(listeners, listener => listener.Dispose());
            }
        }
    }

    /// <summary>The process id and the address that LocalCluster told of a child when it became ready.</summary>
    public (int Pid, string Address) Child(string name)
    {
        var ready = Ready().Matches(string.Join('\n', Group.Output)).Last(line => line.Groups["name"].Value == name);
        return (int.Parse(ready.Groups["pid"].Value, CultureInfo.InvariantCulture), ready.Groups["address"].Value);
    }

    /// <summary>Waits until the gateway at <paramref name="port"/>, which listens, is ready.</summary>
    public static async Task UntilReadyAsync(int port)
    {
        for (var began = Stopwatch.GetTimestamp(); await ReadyAsync(port) is not HttpStatusCode.OK; await Task.Delay(100, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < StartLimit, $"The gateway at {port} was to be ready within {StartLimit}.");
        }
    }

    /// <summary>Asks the gateway at <paramref name="port"/> whether it is ready.</summary>
    public static async Task<HttpStatusCode> ReadyAsync(int port)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz/ready"), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        await Group.DisposeAsync();
        _data.Delete(recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<name>\S+) is (?:ready|back) at (?<address>\S+) \(pid (?<pid>\d+)\)$", RegexOptions.Multiline)]
    private static partial Regex Ready();
}
