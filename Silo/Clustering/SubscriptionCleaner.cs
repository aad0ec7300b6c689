using System.Threading.Channels;
using Npgsql;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Silo.Clustering;

/// <summary>
/// Deletes the stream subscriptions of gateways that have ended. Each start of a gateway creates a new stream. Orleans
/// keeps a row with the subscriptions of a stream as long as a silo is registered as the stream's producer, and Orleans
/// never removes this registration.
/// </summary>
internal sealed partial class SubscriptionCleaner(ClusterSettings cluster, IGrainFactory grains, TimeProvider time, ILogger<SubscriptionCleaner> logger)
    : BackgroundService, IGatewayStateCleaner
{
    /// <summary>
    /// Time from a gateway's end until its row is deleted. The cleaner waits, because items that were published before
    /// the end may still register a producer in this row.
    /// </summary>
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often a sweep deletes the old rows of all gateways that are not alive. The gateway registry does not report
    /// every end of a gateway: for example, it cannot if all processes were killed. The sweep deletes the rows of these
    /// gateways too.
    /// </summary>
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromHours(1);

    /// <summary>
    /// Minimum age of a row that the sweep deletes, as an interval in SQL. Younger rows may belong to gateways of
    /// another cluster of the same service.
    /// </summary>
    private const string Forgotten = "1 day";

    /// <summary>
    /// Maximum number of ended gateways whose rows wait to be deleted. If more gateways end, the sweep deletes the rows
    /// of the others.
    /// </summary>
    private const int MaxWaiting = 10_000;

    private static readonly string Prefix = $"{GatewayStreamNames.Provider}/{GatewayStreamNames.Namespace}/";

    private readonly Channel<(string Gateway, long At)> _ended =
        Channel.CreateBounded<(string, long)>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ended(string gateway) => _ended.Writer.TryWrite((gateway, time.GetTimestamp()));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(PostgresConnectionString.WithDefaults(cluster.ConnectionString!))
        {
            MaxPoolSize = 1,
            MinPoolSize = 0,
            ApplicationName = "OrleansChat cleaner",
        });
        using var timer = new PeriodicTimer(Delay, time);
        var (swept, due) = (time.GetTimestamp(), new List<string>());
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // While deletions fail, the list and the channel each hold at most MaxWaiting gateways.
                while (due.Count < MaxWaiting
                    && _ended.Reader.TryPeek(out var next) && time.GetElapsedTime(next.At) >= Delay && _ended.Reader.TryRead(out next))
                {
                    due.Add(Prefix + next.Gateway);
                }

                try
                {
                    if (due.Count > 0)
                    {
                        await DeleteAsync(source, "key_text = any($3)", due, stoppingToken);
                        due.Clear();
                    }

                    if (time.GetElapsedTime(swept) >= SweepPeriod && await grains.GetGrain<IGatewayRegistryGrain>(0).LiveAsync() is { IsWarmedUp: true } live)
                    {
                        swept = time.GetTimestamp();
                        await DeleteAsync(
                            source, $"key_text <> all($3) and written < now() - interval '{Forgotten}'", [.. live.Gateways.Select(id => Prefix + id)], stoppingToken);
                    }
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    // The next round retries all deletions that are still due.
                    LogFailed(exception, due.Count);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task DeleteAsync(NpgsqlDataSource source, string which, List<string> keys, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"delete from orleans_grain_state where service = $1 and starts_with(key_text, $2) and {which}");
        command.Parameters.Add(new() { Value = cluster.ServiceId });
        command.Parameters.Add(new() { Value = Prefix });
        command.Parameters.Add(new() { Value = keys.ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(21, LogLevel.Debug, "Deleting the subscriptions of {Gateways} ended gateways failed; trying again")]
    private partial void LogFailed(Exception exception, int gateways);
}
