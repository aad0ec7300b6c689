using System.Globalization;
using System.Net;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Silo;

/// <summary>One silo as a process, with its own ports.</summary>
internal sealed class RunningSilo : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };

    private RunningSilo(ProcessGroup process, int port) => (Process, Port) = (process, port);

    public ProcessGroup Process { get; }

    /// <summary>The port for other silos. The next two ports are for gateways and for health checks.</summary>
    public int Port { get; }

    public int GatewayPort => Port + 1;

    public static RunningSilo Start(IReadOnlyDictionary<string, string> settings, string? asUser = null)
    {
        var port = RunningLocalCluster.FreePorts(3);
        var environment = RunningLocalCluster.AsEnvironment(settings);
        (environment["Silo__Port"], environment["Silo__ClientPort"], environment["Silo__HealthPort"]) = (Text(port), Text(port + 1), Text(port + 2));
        return new(
            asUser is null
                ? ProcessGroup.Start(Built.Silo, [], environment)
                : ProcessGroup.Start("setpriv", [$"--reuid={asUser}", $"--regid={asUser}", "--clear-groups", Built.Silo], environment),
            port);

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Returns the status and the reason from <c>/healthz/live</c> or <c>/healthz/ready</c>, or null if the silo does
    /// not listen.
    /// </summary>
    public async Task<(HttpStatusCode Status, string Reason)?> HealthAsync(string which)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{Port + 2}/healthz/{which}"), TestContext.Current.CancellationToken);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task<string> UntilAsync(HttpStatusCode status, string reason, string awaited)
    {
        (HttpStatusCode Status, string Reason)? seen = null;
        for (var began = System.Diagnostics.Stopwatch.StartNew(); ; await Task.Delay(100, TestContext.Current.CancellationToken))
        {
            seen = await HealthAsync("ready");
            if (seen is { } now && now.Status == status && now.Reason.Contains(reason, StringComparison.Ordinal))
            {
                return now.Reason;
            }

            Assert.True(
                began.Elapsed < RunningLocalCluster.StartLimit && !Process.HasEnded,
                $"Waited {began.Elapsed} for: {awaited}. The silo answers {seen}. Its output:\n{string.Join('\n', Process.Output.Concat(Process.Errors))}");
        }
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
