using Microsoft.Extensions.Logging;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// Executes the decisions of the <see cref="VersionGate"/>: reads the log's version, and raises it when the gate allows
/// this. Not thread-safe: one step at a time.
/// </summary>
internal sealed partial class VersionRaiser(VersionGate gate, IMessageLog log, TimeProvider time, ILogger logger)
{
    /// <summary>Maximum time of the calls of one step. If they take longer, the step fails.</summary>
    public static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Maximum number of processes that one log line names.</summary>
    private const int MaxNamed = 5;

    private string _behind = "";
    private int _failures;

    /// <summary>
    /// Makes the next step. Does nothing if the gate is open. If a call fails, the next step reads the log's version
    /// again.
    /// </summary>
    /// <param name="processes">Returns the versions of the processes. Called after the log's version was read.</param>
    public async Task StepAsync(Func<ProcessVersions> processes, CancellationToken cancellationToken)
    {
        if (gate.State is VersionGateState.Open)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(StepTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (gate.State is VersionGateState.Unread)
            {
                gate.OnRead(await log.VersionAsync(both.Token));
            }

            if (gate.Check(processes()))
            {
                await log.RaiseVersionAsync(VersionGate.Version, both.Token);
                gate.OnRaised();
                LogInUse(VersionGate.Version);
            }

            ReportBehind();
            ReportSuccess();
        }
        catch (Exception exception)
        {
            gate.OnFailed();
            if (!cancellationToken.IsCancellationRequested && _failures++ == 0)
            {
                LogLogAway(exception);
            }
        }
    }

    private void ReportBehind()
    {
        var behind = gate.Behind.Count <= MaxNamed
            ? string.Join(", ", gate.Behind)
            : $"{string.Join(", ", gate.Behind.Take(MaxNamed))} and {gate.Behind.Count - MaxNamed} more";
        if (behind != _behind && behind.Length > 0)
        {
            LogBehind(VersionGate.Version, behind);
        }

        _behind = behind;
    }

    private void ReportSuccess()
    {
        if (_failures > 0)
        {
            LogLogBack(_failures);
            _failures = 0;
        }
    }

    [LoggerMessage(310, LogLevel.Information, "Every process of the cluster knows log version {Version}: it is in use from now on")]
    private partial void LogInUse(int version);

    [LoggerMessage(311, LogLevel.Information, "Log version {Version} is not in use yet: waiting for the upgrade of {Processes}")]
    private partial void LogBehind(int version, string processes);

    [LoggerMessage(312, LogLevel.Warning, "Reading or raising the version of the message log failed; trying again every second")]
    private partial void LogLogAway(Exception exception);

    [LoggerMessage(313, LogLevel.Information, "The version of the message log can be read again, after {Failures} failed attempts")]
    private partial void LogLogBack(int failures);
}
