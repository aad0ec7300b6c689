using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Endpoint;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Connections;

/// <summary>
/// A real Kestrel server that has only connections: no rooms and no sessions. It keeps the received frames for the
/// test.
/// </summary>
internal sealed class ConnectionServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<(string Text, bool Binary)> _received = Channel.CreateUnbounded<(string, bool)>();
    private readonly Channel<Connection> _accepted = Channel.CreateUnbounded<Connection>();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DirectSocketStream? _stream;

    private ConnectionServer(WebApplication app) => _app = app;

    /// <summary>The address of the server.</summary>
    public Uri Address => new(_app.Urls.Single().Replace("http", "ws", StringComparison.Ordinal));

    /// <summary>The server calls this action with each new connection, before <c>RunAsync</c>.</summary>
    public Action<Connection> Prepare { get; set; } = _ => { };

    /// <summary>The exception that the frame handler throws for each frame; null for none.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The frame handler waits for this task before it returns. By default the task is complete.</summary>
    public Task Handling { get; set; } = Task.CompletedTask;

    /// <summary>
    /// The time at which the newest connection last received bytes, as a timestamp of the server's clock.
    /// </summary>
    public long LastHeard => _stream!.LastReceived;

    /// <summary>Completes when the first connection ends. Fails if this connection's <c>RunAsync</c> throws.</summary>
    public Task Over => _over.Task;

    /// <summary>Completes when the server releases a socket for the first time.</summary>
    public Task Closed => _closed.Task;

    public static async Task<ConnectionServer> StartAsync(ConnectionOptions? options = null, int frameBytes = 64 * 1024, X509Certificate2? certificate = null, TimeProvider? time = null)
    {
        options ??= new();
        time ??= TimeProvider.System;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<SocketTransportOptions>(
            sockets => sockets.CreateBoundListenSocket = endpoint => ListenSocket.Bind(endpoint, options.SendBufferBytes));
        builder.Services.AddFairConnectionListener();
        builder.Services.AddSingleton(new ConnectionSet(Options.Create(options), time));
        builder.Services.AddHostedService(parts => parts.GetRequiredService<ConnectionSet>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        ConnectionServer? server = null;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            if (certificate is not null)
            {
                endpoint.UseHttps(certificate);
            }

            endpoint.Use(next => async connection =>
            {
                await next(connection);
                server!._closed.TrySetResult();
            });
        }));

        var app = builder.Build();
        server = new ConnectionServer(app);
        app.Use((context, next) =>
        {
            DirectSocketStream.Offer(context, time);
            return next(context);
        });
        app.UseWebSockets();
        app.Run(context => server.RunAsync(context, options, frameBytes, app.Services.GetRequiredService<ConnectionSet>(), time));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>A certificate that no authority has signed.</summary>
    public static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>Waits for the next connection.</summary>
    public Task<Connection> AcceptedAsync() => Waiting.ForAsync(_accepted.Reader.ReadAsync().AsTask(), "a connection");

    /// <summary>Waits for the next message.</summary>
    public Task<(string Text, bool Binary)> ReceivedAsync() => Waiting.ForAsync(_received.Reader.ReadAsync().AsTask(), "a message");

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task RunAsync(HttpContext context, ConnectionOptions options, int frameBytes, ConnectionSet connections, TimeProvider time)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = Timeout.InfiniteTimeSpan,
            DangerousEnableCompression = options.Deflate,
        });
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        _stream = DirectSocketStream.Under(context);
        using var connection = new Connection(socket, _stream, connections.NextWriteQueue(), options, frameBytes, time);
        connections.Add(connection);
        connection.Handler = new Keeper(_received.Writer, () => Handling, () => Failure);
        Prepare(connection);
        _accepted.Writer.TryWrite(connection);
        try
        {
            await connection.RunAsync((failed, bug) => failed.End(CloseCode.ServerError, bug.Message));
        }
        catch (Exception exception)
        {
            _over.TrySetException(exception);
        }
        finally
        {
            connections.Remove(connection);
            _over.TrySetResult();
        }
    }

    /// <summary>Keeps the received frames, and sends no answer and no <c>bye</c>.</summary>
    private sealed class Keeper(ChannelWriter<(string Text, bool Binary)> received, Func<Task> handling, Func<Exception?> failure) : IFrameHandler
    {
        public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary)
        {
            received.TryWrite((Encoding.UTF8.GetString(frame.Span), binary));
            await handling();
            if (failure() is { } thrown)
            {
                throw thrown;
            }
        }

        public Task WaitForAnswersAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ReadOnlyMemory<byte> Farewell(CloseCode code, string reason, int? after = null) => default;
    }
}
