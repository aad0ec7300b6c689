using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Memory;

/// <summary>The reports of the room's messages.</summary>
internal sealed partial class MemoryRoom
{
    private readonly List<NewReport> _reports = [];

    public RoomSettings? Settings()
    {
        lock (_gate)
        {
            return _settings;
        }
    }

    public ReportTarget? ReportTarget(long message, string user)
    {
        lock (_gate)
        {
            return Message(message) is { } row ? new(row.Entry.User, row.Deleted, IsReported(message, user)) : null;
        }
    }

    public ReportStored Report(NewReport report)
    {
        lock (_gate)
        {
            if (Message(report.Message) is not { Deleted: false })
            {
                return ReportStored.Gone;
            }

            if (IsReported(report.Message, report.User))
            {
                return ReportStored.Yes;
            }

            if (_reports.Count >= ReportRules.MaxReports)
            {
                return ReportStored.TooMany;
            }

            _reports.Add(report);
            return ReportStored.Yes;
        }
    }

    public IReadOnlyList<MessageReport> Reports(int limit)
    {
        lock (_gate)
        {
            return
            [
                .. _reports
                    .OrderByDescending(report => report.Ts).ThenByDescending(report => report.Message).ThenBy(report => report.User, StringComparer.Ordinal)
                    .Take(limit)
                    .Select(report => new MessageReport(
                        report.Message, _rows[(int)report.Message - 1].Entry.User, report.User, report.Ts, report.Reason)),
            ];
        }
    }

    public void Dismiss(long? message)
    {
        lock (_gate)
        {
            _reports.RemoveAll(report => report.Message == message);
        }
    }

    private bool IsReported(long message, string user) => _reports.Exists(report => report.Message == message && report.User == user);
}
