using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// Stores and removes reports, on the connection of <see cref="SqliteWrites"/>. That class calls the methods within a
/// transaction.
/// </summary>
internal sealed class SqliteReportWrites(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _reports = new(
        connection, "select count(*), coalesce(max(seq = ?2 and usr = ?3), 0) from reports where room = ?1");

    private readonly SqliteStatement _isShown = new(connection, "select 1 from events where room = ?1 and seq = ?2 and kind = 0 and not deleted");
    private readonly SqliteStatement _report = new(connection, "insert into reports(room, seq, usr, ts, reason) values(?1, ?2, ?3, ?4, ?5)");
    private readonly SqliteStatement _dismiss = new(connection, "delete from reports where room = ?1 and seq = ?2");

    public ReportStored Report(string room, NewReport report)
    {
        using (var shown = _isShown.Query(room, report.Message))
        {
            if (!shown.Read())
            {
                return ReportStored.Gone;
            }
        }

        using (var row = _reports.Query(room, report.Message, report.User))
        {
            row.Read();
            if (row.IsTrue(1))
            {
                return ReportStored.Yes;
            }

            if (row.Number(0) >= ReportRules.MaxReports)
            {
                return ReportStored.TooMany;
            }
        }

        _report.Run(room, report.Message, report.User, report.Ts, report.Reason);
        return ReportStored.Yes;
    }

    public bool Dismiss(string room, long? message) => _dismiss.Run(room, message) > 0;

    public void Dispose()
    {
        _reports.Dispose();
        _isShown.Dispose();
        _report.Dispose();
        _dismiss.Dispose();
    }
}
