using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

internal sealed partial class SqliteMessageLog
{
    public Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Reports.Target(room, message, user), cancellationToken);

    public Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Report(room, report), cancellationToken);

    public Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Reports.Of(room, limit), cancellationToken);

    public Task DismissAsync(string room, long message, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Dismiss(room, message), cancellationToken);

    public Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Reports.Settings(room), cancellationToken);
}
