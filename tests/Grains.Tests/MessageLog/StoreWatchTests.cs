using Microsoft.Extensions.Logging;
using OrleansChat.Grains.MessageLog;
using OrleansChat.ProcessHosting;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// The log lines about an outage: one at its beginning, one per minute while it lasts, and one at its end. All lines
/// after the first give the number of failures.
/// </summary>
public sealed class StoreWatchTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly KeptLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task StoreWatch_WhenManyCallsFail_LogsTheOutageOncePerMinute()
    {
        var watch = new StoreWatch("claims", _time, _log);

        for (var i = 0; i < 5; i++)
        {
            await FailAsync(watch);
        }

        _time.Advance(TimeSpan.FromSeconds(61));
        await FailAsync(watch);
        await watch.WatchAsync(Task.FromResult(true));
        await watch.WatchAsync(Task.FromResult(true));

        Assert.Equal(
            [
                "Warning: Message log: claims fail",
                "Warning: Message log: claims still fail, 6 failures in 61 s, the last one: away",
                "Information: Message log: claims succeed again after 61 s; 6 had failed",
            ],
            _log.Lines.Select(line => line.Text));
    }

    [Fact]
    public async Task StoreWatch_WhenACallSucceeds_IsFreshForTenSeconds()
    {
        var watch = new StoreWatch("commits", _time, _log);
        Assert.False(watch.IsFresh);
        await watch.WatchAsync(Task.FromResult(true));
        Assert.True(watch.IsFresh);
        _time.Advance(StoreWatch.Fresh);
        Assert.False(watch.IsFresh);

        await watch.WatchAsync(Task.FromResult(true));
        await FailAsync(watch);

        Assert.False(watch.IsFresh);
    }

    [Fact]
    public async Task StoreWatch_WhenTheStoreRefusesAnEntry_CountsASuccess()
    {
        var watch = new StoreWatch("commits", _time, _log);

        await Assert.ThrowsAsync<MessageLogEntryException>(() => watch.WatchAsync(Task.FromException<bool>(new MessageLogEntryException("refused"))));

        Assert.True(watch.IsFresh);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task StartupWait_WhenTheDatabaseIsAway_RetriesAndLogsOncePerMinute()
    {
        using var factory = new LoggerFactory([_log]);
        var wait = new StartupWait(_time, factory.CreateLogger<StartupWait>());
        var attempts = 0;

        var started = wait.UntilAsync(
            "the database", _ => ++attempts < 100 ? Task.FromException(new MessageLogUnavailableException("away")) : Task.CompletedTask, _ => true, CancellationToken.None);
        while (!started.IsCompleted)
        {
            if (attempts == 20)
            {
                Assert.Equal("Waiting for the database: away", wait.Reason);
            }

            await Task.WhenAny(started, _time.UntilArmedAsync());
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        await started;
        Assert.Null(wait.Reason);
        var lines = _log.Lines.Select(line => line.Text).ToArray();
        Assert.Equal("Warning: Waiting for the database: away", lines[0]);
        Assert.StartsWith("Warning: Still waiting for the database after ", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("Information: Reached the database after ", lines[^1], StringComparison.Ordinal);
        Assert.InRange(lines.Length, 9, 11); // 99 attempts in about 8 minutes.
    }

    private static Task<MessageLogUnavailableException> FailAsync(StoreWatch watch) =>
        Assert.ThrowsAsync<MessageLogUnavailableException>(() => watch.WatchAsync(Task.FromException<bool>(new MessageLogUnavailableException("away"))));
}
