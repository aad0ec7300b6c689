namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Logs a warning at every start for each setting that the gateway lowered, and for each setting that is unsafe in
/// production.
/// </summary>
internal sealed partial class StartupNotices(IEnumerable<StartupNotice> notices, ILogger<StartupNotices> logger) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var notice in notices)
        {
            LogNotice(notice.Sentence);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(131, LogLevel.Warning, "{Notice}")]
    private partial void LogNotice(string notice);
}

/// <summary>A sentence that is logged at the start. The sentence names the setting to change.</summary>
internal sealed record StartupNotice(string Sentence);
