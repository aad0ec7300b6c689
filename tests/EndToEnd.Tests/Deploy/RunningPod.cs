using System.Globalization;
using System.Net.Sockets;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// One process of <c>deploy/</c>, as its container would run it: the image's command, as the image's user where this one may become it, and
/// nothing in its environment but what the image and the manifest set.
/// <para>
/// All of them share this machine, so a few things are moved, here and nowhere else: a silo gets a loopback address of its own as its pod's
/// address and keeps its ports; a gateway, which listens on every address, gets another port; and the database is the test's.
/// </para>
/// </summary>
internal sealed class RunningPod : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly ProcessGroup _process;
    private readonly int? _port;

    private RunningPod(BuiltImage image, Workload workload, string name, string connection)
    {
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

        var user = image.File.User.Split(':');
        string[] become = Environment.IsPrivilegedProcess ? [$"--reuid={user[0]}", $"--regid={user[1]}", "--clear-groups"] : [];
        var command = image.File.EntryPoint;
        _process = ProcessGroup.Start(
            "setpriv",
            [
                "--no-new-privs", .. become, "env", "-i", $"--chdir={image.App}", .. environment.Select(variable => $"{variable.Key}={variable.Value}"),
                Path.Combine(BuiltImage.DotNet, command[0]), .. command[1..],
            ]);
    }

    public Workload Workload { get; }

    public string Name { get; }

    public string Address { get; } = "127.0.0.1";

    /// <summary>The port here that is the container's.</summary>
    public int Port(int container) => _port ?? container;

    private string Said => string.Join('\n', _process.Output.Concat(_process.Errors));

    public static RunningPod Start(BuiltImages images, Workload workload, string name, string connection) =>
        new(images.Of(workload.Program), workload, name, connection);

    /// <summary>Asks once, as the kubelet does: 200 in time, or null and why not.</summary>
    public async Task<string?> FailureAsync(string path, int port, TimeSpan timeout)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            using var answer = await Http.GetAsync(new Uri($"http://{Address}:{Port(port)}{path}"), limit.Token);
            return answer.IsSuccessStatusCode ? null : $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(limit.Token)}";
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return failure.Message;
        }
    }

    /// <summary>Waits until the pod is ready: no longer than the manifest gives it.</summary>
    public Task ReadyAsync(string path, int port, TimeSpan within) => AnswersAsync(new("startup", path, port, TimeSpan.FromSeconds(3), within));

    /// <summary>Asks as a kubelet does: one answer may be late, but not for longer than the probe's budget.</summary>
    public async Task AnswersAsync(Probe probe)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await FailureAsync(probe.Path, probe.Port, probe.Timeout) is { } failure)
        {
            Assert.False(_process.HasEnded, $"{Name} ended. It said: {Said}");
            Assert.True(
                TimeProvider.System.GetElapsedTime(started) < probe.Budget,
                $"{Name} did not answer its {probe.Kind} probe within {probe.Budget}: {failure}. It said: {Said}");
            await Task.Delay(Poll, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Whether something accepts connections there.</summary>
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

    /// <summary>Tells it to stop, as a container is told, and sees it end well before it would be killed.</summary>
    public async Task StopAsync()
    {
        await ProcessGroup.SignalAsync("TERM", _process.Id);
        var exit = await _process.ExitAsync(Workload.Grace - Workload.PreStop);
        Assert.True(exit == 0, $"{Name} ended with {exit}. It said: {Said}");
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
