using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Memory;

internal sealed partial class MemoryMessageLog
{
    public Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.ReportTarget(message, user));

    public Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Report(report) ?? ReportStored.Gone);

    public Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Reports(limit) ?? []);

    public Task DismissAsync(string room, long message, CancellationToken cancellationToken)
    {
        Find(room)?.Dismiss(message);
        return Task.CompletedTask;
    }

    public Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken) => Task.FromResult(Find(room)?.Settings());
}
