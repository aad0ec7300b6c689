using System.Globalization;
using System.Net.Sockets;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// One process of a deployment in <c>deploy/</c>. It runs the command of its image, with only the environment that the
/// image and the manifest set. <see cref="IImages"/> decides whether the process runs in a container.
/// <para>
/// All processes share this machine, so this class changes a few values. Each silo gets its own loopback address as the
/// address of its pod, and keeps the ports of the manifest. A gateway listens on every address, so each gateway gets its
/// own port. Each connection string names a database of the test.
/// </para>
/// </summary>
internal sealed class RunningPod : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly IImages _images;
    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("orleanschat-pod-");
    private readonly ProcessGroup _process;
    private readonly int? _port;

    private RunningPod(IImages images, Workload workload, string name, string connection, IReadOnlyDictionary<string, string>? mounts)
    {
        _images = images;
        Workload = workload;
        Name = name;
        var environment = workload.Environment(reference => reference == Workload.PodName ? name : StandIns.Value(reference));
        foreach (var variable in environment.Keys.Where(variable => variable.EndsWith("__ConnectionString", StringComparison.Ordinal)))
        {
            environment[variable] = connection;
        }

        if (workload.Program == "Silo")
        {
            Address = string.Create(CultureInfo.InvariantCulture, $"127.{Random.Shared.Next(1, 255)}.{Random.Shared.Next(1, 255)}.{Random.Shared.Next(1, 255)}");
            environment["Silo__Address"] = Address;
        }
        else
        {
            _port = RunningLocalCluster.FreePorts(1);
            environment["ASPNETCORE_HTTP_PORTS"] = _port.Value.ToString(CultureInfo.InvariantCulture);
        }

        var command = images.Command(workload, name, environment, Mounts(environment, mounts));
        _process = ProcessGroup.Start(command[0], command.Skip(1), images.Engine);
    }

    public Workload Workload { get; }

    public string Name { get; }

    public string Address { get; } = "127.0.0.1";

    /// <summary>Returns the port on this machine that stands for a port of the container.</summary>
    public int Port(int container) => _port ?? container;

    /// <summary>The lines of standard error so far.</summary>
    public string[] Errors => _process.Errors;

    private string Said => string.Join('\n', _process.Output.Concat(_process.Errors));

    /// <param name="connection">The value of every setting that is a connection string.</param>
    /// <param name="mounts">The paths to mount in the container, each with its source on this machine.</param>
    public static RunningPod Start(IImages images, Workload workload, string name, string connection, IReadOnlyDictionary<string, string>? mounts = null) =>
        new(images, workload, name, connection, mounts);

    /// <summary>
    /// Requests the probe's path once, as the kubelet does. Returns null if the probe succeeds in time. Otherwise
    /// returns the reason why it failed.
    /// </summary>
    public async Task<string?> FailureAsync(string path, int port, TimeSpan timeout)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            using var answer = await Http.GetAsync(new Uri($"http://{Address}:{Port(port)}{path}"), limit.Token);
            return answer.IsSuccessStatusCode ? null : $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(limit.Token)}";
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return exception.Message;
        }
    }

    /// <summary>Waits until the pod is ready. Fails after <paramref name="within"/>.</summary>
    public Task ReadyAsync(string path, int port, TimeSpan within) => AnswersAsync(new("startup", path, port, TimeSpan.FromSeconds(3), within));

    /// <summary>
    /// Requests the probe's path repeatedly, as the kubelet does, until one request succeeds. Fails if none succeeds
    /// within the budget.
    /// </summary>
    public async Task AnswersAsync(Probe probe)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await FailureAsync(probe.Path, probe.Port, probe.Timeout) is { } failure)
        {
            Assert.False(_process.HasEnded, $"{Name} ended. Its output: {Said}");
            Assert.True(
                TimeProvider.System.GetElapsedTime(started) < probe.Budget,
                $"{Name} did not answer its {probe.Kind} probe within {probe.Budget}: {failure}. Its output: {Said}");
            await Task.Delay(Poll, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Returns whether the process accepts connections at a port of the container.</summary>
    public async Task<bool> AcceptsAsync(int port)
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(Address, Port(port), TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>
    /// Sends SIGTERM, as a container engine does. Asserts that the process ends with exit code 0 before the engine
    /// would kill it.
    /// </summary>
    public async Task StopAsync()
    {
        await ProcessGroup.SignalAsync("TERM", _process.Id);
        var exit = await _process.ExitAsync(Workload.Grace - Workload.PreStop);
        Assert.True(exit == 0, $"{Name} ended with {exit}. Its output: {Said}");
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _images.RemoveAsync(Name);
        _files.Delete(recursive: true);
    }

    // Adds the secrets that Compose would mount. The program runs as another user than the tests, and must be able to
    // read the secrets.
    private Dictionary<string, string> Mounts(Dictionary<string, string> environment, IReadOnlyDictionary<string, string>? others)
    {
        var mounts = new Dictionary<string, string>(others ?? new Dictionary<string, string>());
        foreach (var target in environment.Values.Where(value => value.StartsWith("/run/secrets/", StringComparison.Ordinal)))
        {
            mounts[target] = Path.Combine(_files.FullName, Path.GetFileName(target));
            File.WriteAllText(mounts[target], StandIns.Value(target));
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_files.FullName, (UnixFileMode)0b111_101_101);
        }

        return mounts;
    }
}
