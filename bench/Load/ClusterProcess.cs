using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansChat.Load;

/// <summary>A cluster started by LocalCluster, built in the same configuration as this program.</summary>
internal sealed class ClusterProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    private ClusterProcess(Process process, int port) => (_process, Port) = (process, port);

    /// <summary>The first gateway's port.</summary>
    public int Port { get; }

    /// <summary>Starts a cluster and waits until it is healthy. Throws with its last lines where it does not start.</summary>
    /// <param name="arguments">LocalCluster's options, but for the port.</param>
    /// <param name="settings">Configuration that it passes on to silos and gateways.</param>
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
        void Read(string? line)
        {
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
        var cluster = new ClusterProcess(process, port);
        if (await Task.WhenAny(up.Task, process.WaitForExitAsync(cancellationToken), Task.Delay(StartsWithin, cancellationToken)) == up.Task)
        {
            return cluster;
        }

        await cluster.DisposeAsync();
        throw new InvalidOperationException($"The cluster did not start:\n{string.Join('\n', lines)}");
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

    /// <summary>A port with a free one behind it, for a second gateway.</summary>
    private static int FreePort()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another pair.
            }
        }
    }

    private static string Program()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(root.FullName, "LocalCluster", "bin", here.Parent.Name, here.Name, "OrleansChat.LocalCluster");
    }
}
