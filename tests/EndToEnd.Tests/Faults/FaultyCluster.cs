using System.Diagnostics;
using System.Globalization;
using System.Net;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Faults;

/// <summary>
/// A silo, a gateway without faults, and a gateway with a stream that a test can make faulty. The log is in memory,
/// because these tests check only how events are delivered, not how they are stored.
/// </summary>
public sealed class FaultyCluster : IAsyncLifetime
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private readonly List<ProcessGroup> _processes = [];

    /// <summary>The port of the gateway that a test can make faulty.</summary>
    internal int Faulty { get; private set; }

    /// <summary>The port of the gateway without faults.</summary>
    internal int Sound { get; private set; }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var port = RunningLocalCluster.FreePorts(5);
        (Faulty, Sound) = (port + 3, port + 4);
        string[] membership = ["--Cluster:Store=Localhost", Setting("Cluster:ClientPort", port + 1)];
        Start(
            Built.Silo,
            [.. membership, Setting("Silo:Port", port), Setting("Silo:ClientPort", port + 1), Setting("Silo:HealthPort", port + 2), "--MessageLog:Store=Memory"]);
        foreach (var (program, at) in new[] { (Built.FaultyGateway, Faulty), (Built.Gateway, Sound) })
        {
            Start(program, [.. membership, $"--urls=http://127.0.0.1:{at}", "--Identity:Mode=Development", "--Limits:SendsPerSecond=1000000", "--Limits:SendBurst=1000000", "--Faults:Seed=7"]);
        }

        await Task.WhenAll(ReadyAsync(Faulty), ReadyAsync(Sound));
    }

    /// <summary>
    /// Sets the fault of the faulty gateway's stream, such as <c>drop</c>, or <c>none</c>. From now on, the fault
    /// affects the given share of the stream's items; 1 for all.
    /// </summary>
    /// <returns>The number of items that the previous fault affected.</returns>
    internal async Task<int> BecomeAsync(string stream, double share = 1)
    {
        using var answer = await Http.PutAsync(
            new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Faulty}/faults?stream={stream}&share={share}")),
            content: null,
            TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return int.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_processes.Select(process => process.DisposeAsync().AsTask()));

    private void Start(string program, string[] arguments) => _processes.Add(ProcessGroup.Start(program, arguments));

    private async Task ReadyAsync(int port)
    {
        for (var started = Stopwatch.GetTimestamp(); !await IsReadyAsync(port); await Task.Delay(Poll, TestContext.Current.CancellationToken))
        {
            Assert.True(
                Stopwatch.GetElapsedTime(started) < RunningLocalCluster.StartLimit && !_processes.Exists(process => process.HasEnded),
                $"The gateway at {port} did not become ready. The output: {string.Join('\n', _processes.SelectMany(process => process.Output.Concat(process.Errors)))}");
        }
    }

    private static async Task<bool> IsReadyAsync(int port)
    {
        try
        {
            return await RunningLocalCluster.ReadyAsync(port) == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false; // The gateway does not listen or answer yet.
        }
    }

    private static string Setting(string path, int value) => string.Create(CultureInfo.InvariantCulture, $"--{path}={value}");
}
