using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace OrleansChat.Load;

/// <summary>
/// A cluster that LocalCluster runs. LocalCluster must have been built in the same configuration as this program.
/// </summary>
internal sealed partial class ClusterProcess : IAsyncDisposable
{
    private const int MaxGateways = 4;
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly ConcurrentDictionary<string, int> _pids;

    private ClusterProcess(Process process, int port, ConcurrentDictionary<string, int> pids) => (_process, Port, _pids) = (process, port, pids);

    /// <summary>The first gateway's port.</summary>
    public int Port { get; }

    /// <summary>Returns the process id of the silo or gateway with this name, such as <c>gateway-1</c>.</summary>
    public int Pid(string name) => _pids[name];

    /// <summary>
    /// Starts a cluster and waits until it is ready. If the cluster does not become ready within 60 s, throws with the
    /// last lines of LocalCluster's output.
    /// </summary>
    /// <param name="arguments">LocalCluster's options without <c>--port</c>.</param>
    /// <param name="settings">Settings of silos and gateways, passed to them as environment variables.</param>
    public static async Task<ClusterProcess> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var port = FreePort();
        var start = new ProcessStartInfo(Program()) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["--port", $"{port}", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var process = Process.Start(start)!;
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var lines = new Queue<string>();
        var pids = new ConcurrentDictionary<string, int>();
        void Read(string? line)
        {
            if (Ready().Match(line ?? "") is { Success: true } ready)
            {
                pids[ready.Groups["name"].Value] = int.Parse(ready.Groups["pid"].Value, CultureInfo.InvariantCulture);
            }

            lock (lines)
            {
                lines.Enqueue(line ?? "");
                if (lines.Count > 20)
                {
                    lines.Dequeue();
                }
            }

            if (line?.StartsWith("OrleansChat is up", StringComparison.Ordinal) == true)
            {
                up.TrySetResult();
            }
        }

        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var cluster = new ClusterProcess(process, port, pids);
        if (await Task.WhenAny(up.Task, process.WaitForExitAsync(cancellationToken), Task.Delay(StartsWithin, cancellationToken)) == up.Task)
        {
            return cluster;
        }

        await cluster.DisposeAsync();
        throw new InvalidOperationException($"The cluster did not start:\n{string.Join('\n', lines)}");
    }

    /// <summary>Kills a silo or gateway (SIGKILL), and returns when it has ended.</summary>
    public async Task KillAsync(string name)
    {
        using var part = Process.GetProcessById(Pid(name));
        part.Kill();
        await part.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"^(?<name>\S+) is ready at \S+ \(pid (?<pid>\d+)\)$")]
    private static partial Regex Ready();

    /// <summary>
    /// Returns the first of four free ports with consecutive numbers: no benchmark has more than four gateways.
    /// </summary>
    private static int FreePort()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            if (Enumerable.Range(port + 1, MaxGateways - 1).All(IsFree))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Program()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(root.FullName, "LocalCluster", "bin", here.Parent.Name, here.Name, "OrleansChat.LocalCluster");
    }
}
