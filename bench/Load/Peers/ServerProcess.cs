using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansChat.Load.Peers;

/// <summary>One server as a process, on a port of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(30);
    private readonly Process _process;

    private ServerProcess(Process process, int port) => (_process, Port) = (process, port);

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Its process id.</summary>
    public int Pid => _process.Id;

    /// <summary>A program built in the same configuration as this one.</summary>
    /// <param name="project">The project's directory from the repository's root.</param>
    public static string Built(string project, string program)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(root.FullName, project, "bin", here.Parent.Name, here.Name, program);
    }

    /// <summary>Starts one of this repository, which is given its port by <c>ASPNETCORE_URLS</c>, and waits until it takes connections.</summary>
    public static Task<ServerProcess> StartAsync(string program, CancellationToken cancellationToken) => StartAsync(program, _ => [], cancellationToken);

    /// <summary>Any other.</summary>
    /// <param name="arguments">With which it listens on a port.</param>
    public static async Task<ServerProcess> StartAsync(string program, Func<int, IEnumerable<string>> arguments, CancellationToken cancellationToken)
    {
        var port = FreePort();
        var process = Process.Start(new ProcessStartInfo(program, arguments(port))
        {
            Environment = { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}", ["Logging__LogLevel__Default"] = "Warning" },
        })!;
        var server = new ServerProcess(process, port);
        for (var started = Stopwatch.GetTimestamp(); !await IsUpAsync(port, cancellationToken); await Task.Delay(100, cancellationToken))
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(started) > StartsWithin)
            {
                await server.DisposeAsync();
                throw new InvalidOperationException($"{program} did not start.");
            }
        }

        return server;
    }

    private static async Task<bool> IsUpAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
