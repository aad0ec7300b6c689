using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Hosting;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway;

/// <summary>
/// The end of a gateway that is told to stop. No connection is taken any more; those there are go on until their moment, say goodbye (1012:
/// come back, to any gateway, after so long) once what was asked on them is answered, and close. Their moments are spread, so that the
/// remaining gateways get no more clients a second than they can take; gateways that drain at the same time share that, by way of the
/// registry. A second signal, or the end of the time for the stop, ends all at once. Nothing below stops before this is done.
/// </summary>
internal sealed partial class Drain(
    ConnectionSet connections, IGrainFactory grains, GatewayId gateway, Ongoing ongoing, SecondSignal second, IOptions<DrainOptions> options,
    IOptions<ConnectionOptions> connectionOptions, IOptions<HostOptions> host, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService
{
    private const string Reason = "this gateway is going away";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);
    private readonly List<Task> _leaving = [];

    private TimeSpan Answer => TimeSpan.FromSeconds(options.Value.AnswerSeconds);

    private TimeSpan Closing => 2 * TimeSpan.FromSeconds(connectionOptions.Value.CloseSeconds);

    /// <summary>How long the last connection may stay.</summary>
    internal TimeSpan Within
    {
        get
        {
            var (asked, left) = (TimeSpan.FromSeconds(options.Value.WithinSeconds), host.Value.ShutdownTimeout - Answer - Closing);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left < asked ? left : asked;
        }
    }

    /// <summary>Drains. Comes before any service stops, the server too: a new connection is still refused by an answer (503).</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        second.Await();
        lifetime.StopApplication(); // A signal has said so already: readiness is off, and nobody is let in.
        using var haste = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, second.Came);
        var began = time.GetTimestamp();
        try
        {
            await SpreadAsync(haste.Token);
        }
        catch (OperationCanceledException) when (haste.IsCancellationRequested)
        {
            LogHaste();
        }

        // Who is left, and who was just coming in.
        connections.EndAll(CloseCode.ServiceRestart, Reason);
        await Task.WhenAll(_leaving);
        await GoneAsync(cancellationToken);
        LogDrained(connections.Count, time.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>Sends everybody away, each at their moment; where no other gateway remains, there is nobody to protect, and all go at once.</summary>
    private async Task SpreadAsync(CancellationToken haste)
    {
        var waiting = new Queue<Connection>(connections.Living);
        if (waiting.Count == 0)
        {
            return;
        }

        // The registry is asked beside the rest: it may take long to answer, just when silos go as well.
        var asked = time.GetTimestamp();
        var asking = Asking(waiting.Count);
        await Task.WhenAny(asking, Task.Delay(AskAgain, time, haste));
        var pace = new DrainPace(Within, TimeSpan.FromSeconds(options.Value.AwaySeconds), time) { Rate = Rate(await KnownAsync(asking), waiting.Count) };
        LogBegins(waiting.Count, pace.Rate, Within.TotalSeconds);
        while (Next(waiting))
        {
            for (var due = pace.Rate > 0 ? pace.Due(waiting.Count) : waiting.Count; due > 0 && Next(waiting); due--)
            {
                _leaving.Add(SendAwayAsync(waiting.Dequeue(), pace.Rate > 0 ? pace.NextReturn() : null, haste));
            }

            await Task.Delay(Look, time, haste);
            if (asking.IsCompleted && time.GetElapsedTime(asked) >= AskAgain)
            {
                pace.Rate = Rate(await KnownAsync(asking), waiting.Count);
                (asked, asking) = (time.GetTimestamp(), Asking(waiting.Count));
            }
        }

        if (pace.IsForced)
        {
            LogForced(options.Value.AcceptsPerSecond);
        }

        await Task.WhenAll(_leaving).WaitAsync(haste);
    }

    /// <summary>Passes over those that are leaving by themselves. False where nobody is left.</summary>
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
        await connection.EndSettledAsync(CloseCode.ServiceRestart, Reason, after, both.Token);
    }

    private Task<DrainShare?> Asking(int left)
    {
        var asking = AskAsync(left);
        ongoing.Add(asking);
        return asking;
    }

    /// <summary>Null where the registry does not say.</summary>
    private async Task<DrainShare?> AskAsync(int left)
    {
        try
        {
            return await grains.GetGrain<IGatewayRegistryGrain>(0).DrainAsync(gateway.Id, left);
        }
        catch (Exception away) when (away is not OutOfMemoryException)
        {
            LogAway(away.Message);
            return null;
        }
    }

    private static async ValueTask<DrainShare?> KnownAsync(Task<DrainShare?> asking) => asking.IsCompleted ? await asking : null;

    /// <summary>Clients a second that this gateway may send to the others; 0 where none remains. Where nobody knows, as if there were one.</summary>
    private double Rate(DrainShare? share, int left)
    {
        var remaining = share is { } known && (known.Settled || known.Remaining > 0) ? known.Remaining : 1;
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

    [LoggerMessage(1, LogLevel.Information, "Draining {Connections} connections at {Rate:0.#} a second, within {Within:0} s")]
    private partial void LogBegins(int connections, double rate, double within);

    [LoggerMessage(2, LogLevel.Information, "Drained in {Seconds:0.0} s: {Left} connections are left")]
    private partial void LogDrained(int left, double seconds);

    [LoggerMessage(3, LogLevel.Warning, "No more time to drain: all that are left go at once")]
    private partial void LogHaste();

    [LoggerMessage(4, LogLevel.Warning, "For want of time the other gateways get more than Drain:AcceptsPerSecond, {Rate}, each")]
    private partial void LogForced(int rate);

    [LoggerMessage(5, LogLevel.Warning, "The registry does not say which gateways remain; one is assumed: {Reason}")]
    private partial void LogAway(string reason);
}
