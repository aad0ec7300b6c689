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

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("orleanschat-data-");

    private RunningLocalCluster(int gateways, IReadOnlyDictionary<string, string>? settings, string[] arguments)
    {
        Port = FreePorts(gateways);
        Group = ProcessGroup.Start(
            Built.LocalCluster,
            ["--gateways", Text(gateways), "--port", Text(Port), "--data", _data.FullName, .. arguments],
            settings?.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value));
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

    /// <summary>The first of so many ports in a row at which nothing listens.</summary>
    public static int FreePorts(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(10_000, 19_000);
            var listeners = Enumerable.Range(first, count).Select(port => new TcpListener(IPAddress.Loopback, port)).ToArray();
            try
            {
                Array.ForEach(listeners, listener => listener.Start());
                return first;
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
