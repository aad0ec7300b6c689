using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// The commands <c>report</c>, <c>reports</c> and <c>dismiss</c>. A session handles them as questions, like
/// <c>history</c>.
/// </summary>
internal sealed partial class Session
{
    /// <summary>
    /// Maximum bytes of a page of reports. One report has two user ids of up to 128 characters of four bytes, and a
    /// reason of up to 500 characters. In JSON, a control character of the reason takes six bytes.
    /// </summary>
    private const int ReportsBytes = Bounds.ReportsPerPage * ((2 * 520) + (6 * Bounds.ReasonCharacters) + 100);

    private ValueTask AskReportsAsync(ClientCommand command) => command switch
    {
        Report report => AskAsync(report.Id, 0, () => ReportAsync(report)),
        Reports reports => AskAsync(reports.Id, ReportsBytes, () => ReportsAsync(reports)),
        Dismiss dismiss => AskAsync(dismiss.Id, 0, () => DismissAsync(dismiss)),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command, "the command is not about reports"),
    };

    private async Task ReportAsync(Report report)
    {
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerSetting);
        var room = RoomNames.ToKey(report.Room, user);
        var reply = await services.History.ReportAsync(new(room, user, report.Ref, report.Text, ClaimedIn(room)), connection.Gone);
        Answer(FrameMapping.Answer(report.Id, report.Room, reply), GetFormat(report.Room));
    }

    private async Task ReportsAsync(Reports reports)
    {
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerList);
        var room = RoomNames.ToKey(reports.Room, user);
        var page = await services.History.ReportsAsync(new(room, user, reports.Limit, ClaimedIn(room)), connection.Gone);
        Answer(FrameMapping.Answer(reports, page), GetFormat(reports.Room));
    }

    private async Task DismissAsync(Dismiss dismiss)
    {
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerSetting);
        var room = RoomNames.ToKey(dismiss.Room, user);
        var reply = await services.History.DismissAsync(new(room, user, dismiss.Ref, ClaimedIn(room)), connection.Gone);
        Answer(FrameMapping.Answer(dismiss.Id, dismiss.Room, reply), GetFormat(dismiss.Room));
    }
}
