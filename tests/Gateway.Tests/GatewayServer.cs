using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Endpoint;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Fanout;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Gateway.Tests.Tokens;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Gateway.Tests;

/// <summary>The gateway's WebSocket endpoint on a real Kestrel, with rooms in memory.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayServer(WebApplication app, RoomsInMemory rooms, UsersInMemory users, RegistryThatSays registry) =>
        (_app, Rooms, Users, Registry) = (app, rooms, users, registry);

    public RoomsInMemory Rooms { get; }

    public UsersInMemory Users { get; }

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>A fake registry, which reports to the drain how many gateways remain.</summary>
    public RegistryThatSays Registry { get; }

    public ConnectionSet Connections => _app.Services.GetRequiredService<ConnectionSet>();

    public static async Task<GatewayServer> StartAsync(
        IdentityMode mode = IdentityMode.Development, string[]? origins = null, int most = 100, ChatSessionOptions? sessions = null,
        IdentityOptions? identity = null, TimeProvider? time = null, ILoggerProvider? log = null, ConnectionOptions? connections = null,
        HttpOptions? http = null, DrainOptions? drain = null)
    {
        time ??= TimeProvider.System;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft.AspNetCore", LogLevel.Trace).HideAddresses();
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var (rooms, users, registry) = (new RoomsInMemory(), new UsersInMemory(), new RegistryThatSays());
        var services = builder.Services;
        services.AddSingleton(time);
        services.AddSingleton(Options.Create(connections ?? new() { MaxConnections = most }));
        services.AddSingleton(Options.Create(new OriginOptions { Allowed = origins ?? [] }));
        services.AddHttp(http ?? new());
        services.AddFairConnectionListener();
        services.AddIdentity(identity ?? (mode == IdentityMode.Tokens ? TestKeys.Shared.Options : new() { Mode = mode }));
        services.AddSingleton<Origins>();
        services.AddSingleton<HandshakeLimiter>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton(new SessionServices(
            rooms, rooms, users, new(), sessions ?? new(), new(new Meters()), TimeSpan.FromSeconds(25), time));
        services.AddSingleton<ConnectionSet>();
        services.AddHostedService(parts => parts.GetRequiredService<ConnectionSet>());
        services.AddSingleton(GrainsInMemory.Create((0L, registry)));
        services.AddSingleton(Options.Create(drain ?? new()));
        services.AddSingleton(new SecondSignal([], time));
        services.AddSingleton<GatewayId>();
        services.AddSingleton<BackgroundTasks>();

        // The drain uses the real clock, even if the other parts use the test's manual clock. With a manual clock, the
        // server would not stop until the test advances it.
        services.AddHostedService(parts => ActivatorUtilities.CreateInstance<Drain>(parts, TimeProvider.System));
        var app = builder.Build();
        app.MapChat();
        app.MapPage();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app, rooms, users, registry);
    }

    /// <summary>Opens a WebSocket at a path, which may have a query.</summary>
    public Task<RawWebSocket> ConnectAsync(string path, string? subprotocol = null, params string[] headers) => RawWebSocket.ConnectAsync(
        new(_app.Urls.Single().Replace("http://", "ws://", StringComparison.Ordinal) + path), subprotocol is null ? [] : subprotocol.Split(", "), headers);

    /// <summary>Tries to connect, and fails if the gateway accepts. Returns the HTTP status of the refusal.</summary>
    public async Task<int> RefusedAsync(string path, string? subprotocol = null, params string[] headers)
    {
        return (await RefusalAsync(path, subprotocol, headers)).Status;
    }

    /// <summary>Tries to connect, and fails if the gateway accepts. Returns the refusal.</summary>
    public async Task<RawUpgradeRefusedException> RefusalAsync(string path, string? subprotocol = null, params string[] headers)
    {
        var refused = await Assert.ThrowsAsync<RawUpgradeRefusedException>(async () => (await ConnectAsync(path, subprotocol, headers)).Dispose());
        Assert.EndsWith("\n", refused.Body, StringComparison.Ordinal);
        return refused;
    }

    /// <summary>Sends a GET request that does not ask for a WebSocket upgrade.</summary>
    public async Task<HttpResponseMessage> GetAsync(string path)
    {
        using var client = new HttpClient();
        return await client.GetAsync(new Uri(_app.Urls.Single() + path), TestContext.Current.CancellationToken);
    }

    /// <summary>Requests a WebSocket upgrade. Returns when the headers of the answer have arrived.</summary>
    public async Task<HttpResponseMessage> UpgradeAsync(string path)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_app.Urls.Single() + path));
        request.Headers.Add("Connection", "Upgrade");
        request.Headers.Add("Upgrade", "websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>Stops the host. The gateway drains its clients before it stops.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <summary>The host and port, as a browser writes them in the Host header.</summary>
    public string Authority => new Uri(_app.Urls.Single()).Authority;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
