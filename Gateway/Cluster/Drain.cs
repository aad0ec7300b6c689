using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Drains the gateway when its process is asked to stop. The gateway accepts no more connections, and closes the
/// existing connections one after another. Each connection works as usual until the gateway closes it. Before the
/// close, the gateway answers the commands that it has received from the connection. It also sends <c>bye</c> with the
/// code 1012 and the time after which the client may reconnect. The gateway spreads the closes over time, so that the
/// other gateways do not get more clients per second than they can accept. Gateways that drain at the same time share
/// this limit. The registry reports how many gateways remain, and how many connections all draining gateways together
/// still have. After a second stop signal, or after the stop timeout, the gateway ends all remaining connections at
/// once. No hosted service stops before the drain is complete.
/// </summary>
internal sealed partial class Drain(
    ConnectionSet connections, IGrainFactory grains, GatewayId gateway, BackgroundTasks background, SecondSignal second, IOptions<DrainOptions> options,
    IOptions<ConnectionOptions> connectionOptions, IOptions<HostOptions> host, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService
{
    private const string Reason = "this gateway is going away";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);
    private readonly List<Task> _leaving = [];

    private TimeSpan Answer => options.Value.AnswerTimeout;

    private TimeSpan Closing => 2 * connectionOptions.Value.CloseTimeout;

    /// <summary>
    /// Maximum time from the start of the drain until the gateway begins to close the last connection. This is
    /// <see cref="DrainOptions.Within"/>, or less if the host's shutdown timeout is too short for that.
    /// </summary>
    internal TimeSpan Within
    {
        get
        {
            var (asked, left) = (options.Value.Within, host.Value.ShutdownTimeout - Answer - Closing);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left < asked ? left : asked;
        }
    }

    /// <summary>
    /// Runs the drain before any hosted service stops. During the drain, the HTTP server still runs and refuses new
    /// connections with 503.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        second.Watch();

        // From this call on, readiness fails and the gateway refuses new connections. If a signal caused the stop, the
        // host has already called StopApplication, and this call changes nothing.
        lifetime.StopApplication();
        using var haste = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, second.Received);
        var began = time.GetTimestamp();
        try
        {
            await SpreadAsync(haste.Token);
        }
        catch (OperationCanceledException) when (haste.IsCancellationRequested)
        {
            LogHaste();
        }

        // End the remaining connections, and the connections whose WebSocket upgrade completed during the drain.
        connections.EndAll(CloseCode.ServiceRestart, Reason);
        await Task.WhenAll(_leaving);
        await GoneAsync(cancellationToken);
        LogDrained(connections.Count, time.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>
    /// Closes the connections at the rate that the other gateways can accept. If no other gateway remains, closes all
    /// connections at once.
    /// </summary>
    private async Task SpreadAsync(CancellationToken haste)
    {
        var waiting = new Queue<Connection>(connections.Living);
        if (waiting.Count == 0)
        {
            return;
        }

        // Ask the registry in the background. The answer can take a long time, especially if silos stop at the same
        // time.
        var asked = time.GetTimestamp();
        var asking = Asking(waiting.Count);
        await Task.WhenAny(asking, Task.Delay(AskAgain, time, haste));
        var throttle = new DrainPace(Within, options.Value.MaxAway, time) { Rate = Rate(await KnownAsync(asking), waiting.Count) };
        LogBegins(waiting.Count, throttle.Rate, Within.TotalSeconds);
        while (Next(waiting))
        {
            for (var due = throttle.Rate > 0 ? throttle.Due(waiting.Count) : waiting.Count; due > 0 && Next(waiting); due--)
            {
                _leaving.Add(SendAwayAsync(waiting.Dequeue(), throttle.Rate > 0 ? throttle.NextReturn() : null, haste));
            }

            await Task.Delay(Look, time, haste);
            if (asking.IsCompleted && time.GetElapsedTime(asked) >= AskAgain)
            {
                throttle.Rate = Rate(await KnownAsync(asking), waiting.Count);
                (asked, asking) = (time.GetTimestamp(), Asking(waiting.Count));
            }
        }

        if (throttle.IsForced)
        {
            LogForced(options.Value.AcceptsPerSecond);
        }

        await Task.WhenAll(_leaving).WaitAsync(haste);
    }

    /// <summary>
    /// Removes the connections that are already ending from the front of the queue. Returns false if no connection
    /// remains in the queue.
    /// </summary>
    private static bool Next(Queue<Connection> waiting)
    {
        while (waiting.TryPeek(out var next) && next.IsEnding)
        {
            waiting.Dequeue();
        }

        return waiting.Count > 0;
    }

    private async Task SendAwayAsync(Connection connection, int? after, CancellationToken haste)
    {
        using var patience = new CancellationTokenSource(Answer, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, haste);
        await connection.EndWhenAnsweredAsync(CloseCode.ServiceRestart, Reason, after, both.Token);
    }

    private Task<DrainShare?> Asking(int left)
    {
        var asking = AskAsync(left);
        background.Add(asking);
        return asking;
    }

    /// <summary>
    /// Asks the registry how many gateways remain, and how many connections the draining gateways still have. Returns
    /// null if the call fails.
    /// </summary>
    private async Task<DrainShare?> AskAsync(int left)
    {
        try
        {
            return await grains.GetGrain<IGatewayRegistryGrain>(0).DrainAsync(gateway.Id, left);
        }
        catch (Exception exception)
        {
            LogShareFailed(exception);
            return null;
        }
    }

    private static async ValueTask<DrainShare?> KnownAsync(Task<DrainShare?> asking) => asking.IsCompleted ? await asking : null;

    /// <summary>
    /// Clients per second that this gateway may send to the other gateways; 0 if no other gateway remains. If the
    /// number of other gateways is not known, this method assumes that it is one.
    /// </summary>
    private double Rate(DrainShare? share, int left)
    {
        var remaining = share is { } known && (known.IsWarmedUp || known.Remaining > 0) ? known.Remaining : 1;
        var together = Math.Max(left, share?.Connections ?? 0);
        return (double)options.Value.AcceptsPerSecond * remaining * left / Math.Max(1, together);
    }

    private async Task GoneAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (connections.Count > 0 && time.GetElapsedTime(began) < Closing && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Look, time, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(301, LogLevel.Information, "Draining {Connections} connections at {Rate:0.#} per second, within {Within:0} s")]
    private partial void LogBegins(int connections, double rate, double within);

    [LoggerMessage(302, LogLevel.Information, "Drained in {Seconds:0.0} s; {Left} connections remain")]
    private partial void LogDrained(int left, double seconds);

    [LoggerMessage(303, LogLevel.Warning, "A second signal or the stop timeout ended the drain early: closing all remaining connections")]
    private partial void LogHaste();

    [LoggerMessage(304, LogLevel.Warning, "The drain time is too short: each other gateway gets more than Drain:AcceptsPerSecond ({Rate}) clients per second")]
    private partial void LogForced(int rate);

    [LoggerMessage(305, LogLevel.Warning, "Asking the registry for the remaining gateways failed; assuming that one gateway remains")]
    private partial void LogShareFailed(Exception exception);
}
