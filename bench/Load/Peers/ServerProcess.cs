using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansChat.Load.Peers;

/// <summary>A server in one process, on a free port.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(30);
    private readonly Process _process;

    private ServerProcess(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public int Pid => _process.Id;

    /// <summary>Returns the path of a program that was built in the same configuration as the benchmark.</summary>
    /// <param name="project">The project's directory, relative to the repository's root.</param>
    public static string Built(string project, string program)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(root.FullName, project, "bin", here.Parent.Name, here.Name, program);
    }

    /// <summary>
    /// Starts an ASP.NET Core server, which gets its port through <c>ASPNETCORE_URLS</c>, and waits until it accepts
    /// connections. Throws if that takes longer than 30 s.
    /// </summary>
    public static Task<ServerProcess> StartAsync(string program, CancellationToken cancellationToken) => StartAsync(program, _ => [], cancellationToken);

    /// <summary>Like the other overload, but for a server that gets its port through its arguments.</summary>
    /// <param name="arguments">Returns the program's arguments for a port.</param>
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
                throw new InvalidOperationException($"{program} ended, or did not accept connections within {StartsWithin.TotalSeconds:0} s.");
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
