using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace OrleansChat.EndToEnd.Tests.LocalCluster;

/// <summary>LocalCluster as a user runs it, with its own data directory and gateway ports.</summary>
internal sealed partial class RunningLocalCluster : IAsyncDisposable
{
    /// <summary>The maximum time that a start may take, even on a slow and busy machine.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(180);

    /// <summary>
    /// Settings for tests that do not test a time limit. With these settings, a disk that stalls for several seconds,
    /// or a silo that restarts slowly, delays a test but does not make it fail.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> Patient = new Dictionary<string, string>
    {
        ["MessageLog:AppendTimeout"] = "00:00:20",
        ["MessageLog:CallTimeout"] = "00:00:20",
        ["Fanout:CommandTimeout"] = "00:02:00",
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

    /// <summary>The port of the first gateway. The other gateways have the next ports.</summary>
    public int Port { get; }

    public ProcessGroup Group { get; }

    /// <summary>The directory of the message log.</summary>
    public string Data => _data.FullName;

    /// <summary>Starts LocalCluster and waits until it reports that all processes are ready.</summary>
    public static Task<RunningLocalCluster> StartAsync(int gateways, params string[] arguments) =>
        StartAsync(gateways, settings: null, arguments);

    /// <summary>
    /// Like the other overload, but with settings for the silos and gateways. The key of a setting is its path, such as
    /// <c>Limits:SendBurst</c>.
    /// </summary>
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

    /// <summary>Converts settings to environment variables. The key of each setting is its path.</summary>
    public static Dictionary<string, string> AsEnvironment(IReadOnlyDictionary<string, string> settings) =>
        settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value);

    /// <summary>
    /// Returns the first of <paramref name="count"/> consecutive free ports. Returns no port twice in this process.
    /// </summary>
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
                // One of the ports is taken, so the loop tries others.
            }
            finally
            {
                Array.ForEach(listeners, listener => listener.Dispose());
            }
        }
    }

    /// <summary>Returns the process id and the address that LocalCluster last printed for a child.</summary>
    public (int Pid, string Address) Child(string name)
    {
        var ready = Ready().Matches(string.Join('\n', Group.Output)).Last(line => line.Groups["name"].Value == name);
        return (int.Parse(ready.Groups["pid"].Value, CultureInfo.InvariantCulture), ready.Groups["address"].Value);
    }

    /// <summary>Waits until the gateway at <paramref name="port"/> is ready. The gateway must already listen.</summary>
    public static async Task UntilReadyAsync(int port)
    {
        for (var began = Stopwatch.GetTimestamp(); await ReadyAsync(port) is not HttpStatusCode.OK; await Task.Delay(100, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < StartLimit, $"The gateway at {port} did not become ready within {StartLimit}.");
        }
    }

    /// <summary>Returns the HTTP status of the readiness check of the gateway at <paramref name="port"/>.</summary>
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
