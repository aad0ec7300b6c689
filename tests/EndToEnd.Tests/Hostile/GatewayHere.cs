using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.Gateway;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Testing;

namespace OrleansChat.EndToEnd.Tests.Hostile;

/// <summary>A silo in a process of its own, and a gateway, as its program builds it, in this one, so that its memory can be measured.</summary>
internal sealed class GatewayHere : IAsyncDisposable
{
    private readonly ProcessGroup _silo;
    private readonly WebApplication _app;

    private GatewayHere(ProcessGroup silo, WebApplication app, ErrorLog log, int port) => (_silo, _app, Log, Port) = (silo, app, log, port);

    /// <summary>The gateway's port.</summary>
    public int Port { get; }

    /// <summary>What the gateway logs as errors.</summary>
    public ErrorLog Log { get; }

    /// <summary>Connections there are.</summary>
    public int Connections => _app.Services.GetRequiredService<ConnectionSet>().Count;

    /// <summary>Lines that the silo wrote to standard error.</summary>
    public string[] SiloErrors => _silo.Errors;

    /// <summary>Starts both, with the limits that hold by default.</summary>
    public static async Task<GatewayHere> StartAsync()
    {
        var port = RunningLocalCluster.FreePorts(4);
        var silo = ProcessGroup.Start(Built.Silo, [], new Dictionary<string, string>
        {
            ["Log__Store"] = "memory",
            ["Silo__Port"] = Text(port + 1),
            ["Silo__GatewayPort"] = Text(port + 2),
            ["Silo__HealthPort"] = Text(port + 3),
        });
        try
        {
            var log = new ErrorLog();
            var app = Program.Compose(
                ["--Identity:Mode=Development", $"--Cluster:GatewayPort={Text(port + 2)}", $"--urls=http://127.0.0.1:{Text(port)}"],
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

    /// <summary>Opens a connection, with a path and a query.</summary>
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
