using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

internal sealed partial class PostgresMessageLog
{
    public Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken) => FirstAsync(
        PostgresReports.Target, row => new ReportTarget(row.GetString(0), row.GetBoolean(1), row.GetBoolean(2)), cancellationToken,
        room, message, user);

    public async Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken) => (await RowsAsync(
        PostgresReports.Add,
        row => row.GetBoolean(0) ? ReportStored.Gone : row.GetBoolean(1) ? ReportStored.Yes : ReportStored.TooMany,
        cancellationToken, room, report.Message, report.User, report.Ts, report.Reason ?? Null))[0];

    public async Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken) => await RowsAsync(
        PostgresReports.List,
        row => new MessageReport(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt64(3), Text(row, 4)), cancellationToken,
        room, (long)limit);

    public Task DismissAsync(string room, long message, CancellationToken cancellationToken) =>
        RowsAsync("delete from chat.reports where room = $1 and seq = $2", row => true, cancellationToken, room, message);

    public async Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken) =>
        (await RowsAsync("select settings from chat.rooms where room = $1", row => RoomSettings.Parse(Text(row, 0)), cancellationToken, room))
            .FirstOrDefault();
}
