using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Stores, reads and removes the reports of messages.</summary>
internal sealed partial class HistoryGrain
{
    /// <summary>Maximum number of reports in one answer. A higher limit counts as this number.</summary>
    public const int MaxReports = 100;

    public Task<RoomReply> ReportAsync(ReportAsk ask) => DecideAsync(ask.Room, ask.User, RoomAction.Read, ask.Claimed, async (_, _) =>
    {
        var target = await log.ReportTargetAsync(ask.Room, ask.Message, ask.User, CancellationToken.None);
        if (RoomRights.RefuseReport(target, ask.User) is { } refused)
        {
            return refused;
        }

        // A user who reports the same message again is not charged again.
        if (target!.IsReported)
        {
            return Refusals.Done;
        }

        if (await ChargeReportAsync(ask.User) is { } unpaid)
        {
            return unpaid;
        }

        var report = new NewReport(ask.Message, ask.User, time.GetUtcNow().ToUnixTimeMilliseconds(), ask.Reason);
        return await log.ReportAsync(ask.Room, report, CancellationToken.None) switch
        {
            ReportStored.Yes => Refusals.Done,
            ReportStored.TooMany => Refusals.TooManyReports,
            _ => Refusals.Gone,
        };
    });

    public async Task<ReportPage> ReportsAsync(ReportsAsk ask)
    {
        MessageReport[] found = [];
        var limit = Math.Clamp(ask.Limit, 1, MaxReports);
        var reply = await ModerateAsync(ask.Room, ask.User, ask.Claimed, async () =>
        {
            // Ask for one report more than the answer may have. If the log returns it, there are more reports.
            found = [.. await log.ReportsAsync(ask.Room, limit + 1, CancellationToken.None)];
        });
        return new([.. found.Take(limit)], found.Length > limit, reply as Refused);
    }

    public Task<RoomReply> DismissAsync(DismissAsk ask) => ModerateAsync(
        ask.Room, ask.User, ask.Claimed, () => log.DismissAsync(ask.Room, ask.Message, CancellationToken.None));

    /// <summary>
    /// Runs <paramref name="action"/> for a user who may moderate the room. For any other user, returns the refusal.
    /// </summary>
    private Task<RoomReply> ModerateAsync(string room, string user, RoomAction claimed, Func<Task> action)
        => DecideAsync(room, user, RoomAction.Read | RoomAction.Moderate, claimed, async (facts, access) =>
        {
            var settings = facts?.Kind == RoomKind.Group ? await log.SettingsAsync(room, CancellationToken.None) : null;
            var kind = facts?.Kind ?? RoomKind.Direct;
            if (RoomRights.RefuseReports(kind, facts?.Role ?? RoomRole.None, settings ?? RoomSettings.Default(room), access) is { } refused)
            {
                return refused;
            }

            await action();
            return Refusals.Done;
        });

    /// <summary>
    /// Runs <paramref name="decide"/> for a user who may read the room. Any other user gets the same refusal as for a
    /// page of history, after the same calls to the message log and the authorizer.
    /// </summary>
    /// <param name="actions">The actions that the authorizer is asked about.</param>
    /// <param name="decide">
    /// Decides the command. The facts are null if the room is a direct room that does not exist.
    /// </param>
    private async Task<RoomReply> DecideAsync(
        string room, string user, RoomAction actions, RoomAction claimed, Func<RoomFacts?, Access, Task<RoomReply>> decide)
    {
        try
        {
            var (facts, refusal, access) = await LookAsync(room, user, actions, claimed, CancellationToken.None);
            return refusal is { } outsider ? new Refused(outsider, "")
                : await gate.IsOpenAsync() ? await decide(facts, access)
                : Refusals.NeedsUpgrade;
        }
        catch (MessageLogUnavailableException)
        {
            return new Refused(Refusal.Unavailable, "");
        }
        catch (MessageLogEntryException)
        {
            // The log cannot store the name of the room or the user. Answer as for a room that does not exist.
            return new Refused(Refusal.NotFound, "");
        }
    }

    /// <summary>
    /// Charges a report to the user's budget. Returns null if the budget allows it, otherwise the refusal. Never
    /// throws.
    /// </summary>
    private async Task<Refused?> ChargeReportAsync(string user)
    {
        var (burst, interval) = (options.Value.ReportsPerUser, options.Value.ReportInterval);
        if (burst == 0)
        {
            return null;
        }

        try
        {
            var wait = await grains.GetGrain<IUserGrain>(user).TakeActionAsync(UserAction.Report, burst, interval);
            return wait <= TimeSpan.Zero ? null : Refusals.TooManyReported(wait);
        }
        catch (Exception)
        {
            // Orleans logs why the user's grain cannot be reached.
            return Refusals.UserAway;
        }
    }
}
