using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.Gateway;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Connections;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Hostile;

/// <summary>
/// A silo in its own process, and a gateway in the process of the tests. Both run the code of the real programs, and a
/// test can measure the memory of both.
/// </summary>
internal sealed class GatewayHere : IAsyncDisposable
{
    private readonly ProcessGroup _silo;
    private readonly WebApplication _app;

    private GatewayHere(ProcessGroup silo, WebApplication app, KeptLog log, int port) => (_silo, _app, Log, Port) = (silo, app, log, port);

    /// <summary>The port of the silo's health endpoints.</summary>
    private int HealthPort => Port + 3;

    /// <summary>The port of the gateway.</summary>
    public int Port { get; }

    /// <summary>The errors that the gateway logs.</summary>
    public KeptLog Log { get; }

    /// <summary>The number of open connections.</summary>
    public int Connections => _app.Services.GetRequiredService<ConnectionSet>().Count;

    /// <summary>The lines that the silo wrote to standard error.</summary>
    public string[] SiloErrors => _silo.Errors;

    /// <summary>Returns the number of activations of rooms in the silo.</summary>
    public async Task<int> RoomActivationsAsync()
    {
        var all = await _app.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return all.Count(one => one.GrainId.Type.ToString() == "room");
    }

    /// <summary>Returns the number of bytes that the silo uses after a full garbage collection.</summary>
    public async Task<long> SiloMemoryAsync()
    {
        using var http = new HttpClient();
        return long.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{Text(HealthPort)}/memory")), CultureInfo.InvariantCulture);
    }

    /// <summary>Starts the silo and the gateway, with the default limits and the log in memory.</summary>
    /// <param name="settings">Additional settings for the silo.</param>
    /// <param name="arguments">Additional arguments for the gateway.</param>
    public static async Task<GatewayHere> StartAsync(IReadOnlyDictionary<string, string>? settings = null, params string[] arguments)
    {
        var port = RunningLocalCluster.FreePorts(4);
        var environment = new Dictionary<string, string>
        {
            ["MessageLog__Store"] = "memory",
            ["Silo__Port"] = Text(port + 1),
            ["Silo__ClientPort"] = Text(port + 2),
            ["Silo__HealthPort"] = Text(port + 3),
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        var silo = ProcessGroup.Start(Built.FaultySilo, [], environment);
        try
        {
            var log = new KeptLog(LogLevel.Error);
            var app = Program.Compose(
                ["--Identity:Mode=Development", $"--Cluster:ClientPort={Text(port + 2)}", $"--urls=http://127.0.0.1:{Text(port)}", .. arguments],
                builder => builder.Logging.ClearProviders().AddProvider(log));
            await app.StartAsync(TestContext.Current.CancellationToken);
            await Waiting.UntilAsync(() => app.Services.GetRequiredService<GatewayLease>().Holds, "the gateway's lease", RunningLocalCluster.StartLimit);
            return new(silo, app, log, port);
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a connection to the gateway.</summary>
    /// <param name="path">The path with its query, such as <c>/ws?user=ann</c>.</param>
    public Task<RawWebSocket> ConnectAsync(string path, string? subprotocol = null) =>
        RawWebSocket.ConnectAsync(new($"ws://127.0.0.1:{Text(Port)}{path}"), subprotocol is null ? [] : [subprotocol]);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _silo.DisposeAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
