using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway;

/// <summary>
/// The end of a gateway that is told to stop: no connection is taken any more, those there are say goodbye (1012: come back, to any
/// gateway), and the process waits for them before anything below them stops.
/// </summary>
internal sealed partial class Drain(
    ConnectionSet connections, IHostApplicationLifetime lifetime, IOptions<ConnectionOptions> options, TimeProvider time, ILogger<Drain> logger) : IHostedService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the server stops taking requests, which would wait for the connections first.
        lifetime.ApplicationStopping.Register(() => connections.EndAll(CloseCode.ServiceRestart, "this gateway is going away"));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var most = 2 * TimeSpan.FromSeconds(options.Value.CloseSeconds);
        while (connections.Count > 0 && time.GetElapsedTime(began) < most && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Look, time, CancellationToken.None);
        }

        LogDrained(connections.Count);
    }

    [LoggerMessage(1, LogLevel.Information, "Drained: {Left} connections are left")]
    private partial void LogDrained(int left);
}
