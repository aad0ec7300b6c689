using Microsoft.Extensions.Logging;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Notifies the members of a room about new events. Each member gets one notification at a time, with a range of
/// sequences. Events that are committed while a notification is in flight extend the range of the next notification.
/// After <see cref="RoomOptions.NotifyAttempts"/> failed attempts a notification is dropped. No event is lost, because
/// the log has the events. Not thread-safe: all code of this class runs on the room grain's task scheduler.
/// </summary>
/// <param name="notify">Notifies one member of a range of sequences, both ends included.</param>
internal sealed partial class MemberNotifier(
    RoomOptions options,
    TimeProvider time,
    Func<string, long, long, Task> notify,
    GrainInstruments instruments,
    ILogger logger,
    CancellationToken stopping)
{
    private readonly Dictionary<string, PendingNotification> _pending = [];

    /// <summary>Completes when no notification is waiting or in flight.</summary>
    public Task Sending => Task.WhenAll(_pending.Values.Select(notification => notification.Sending));

    /// <summary>Starts or extends the notification of each member. Returns at once.</summary>
    public void Notify(IEnumerable<string> members, long from, long to)
    {
        foreach (var member in members)
        {
            if (_pending.TryGetValue(member, out var notification))
            {
                notification.Widen(from, to);
            }
            else
            {
                _pending[member] = notification = new PendingNotification();
                notification.Widen(from, to);
                notification.Sending = NotifyAsync(member, notification);
            }
        }
    }

    private async Task NotifyAsync(string member, PendingNotification notification)
    {
        await Task.Yield();
        var attempts = 0;
        while (notification.Take(out var from, out var to) && !stopping.IsCancellationRequested)
        {
            try
            {
                await notify(member, from, to);
                instruments.Notifications.Add(1);
                attempts = 0;
            }
            catch (Exception exception) when (++attempts < options.NotifyAttempts)
            {
                LogRetry(exception, attempts);
                notification.Widen(from, to);
                await Task.Delay(options.NotifyRetry * (1 << (attempts - 1)), time, stopping)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (Exception exception)
            {
                instruments.NotificationsDropped.Add(1);
                LogDropped(exception, attempts);
                attempts = 0;
            }
        }

        _pending.Remove(member);
    }

    [LoggerMessage(120, LogLevel.Information, "Notifying a member failed in attempt {Attempt}; trying again")]
    private partial void LogRetry(Exception exception, int attempt);

    [LoggerMessage(121, LogLevel.Warning,
        "Notifying a member failed in {Attempts} attempts; the notification was dropped")]
    private partial void LogDropped(Exception exception, int attempts);

    private sealed class PendingNotification
    {
        private long _from;
        private long _to;

        public Task Sending { get; set; } = Task.CompletedTask;

        public void Widen(long from, long to) => (_from, _to) = (_from == 0 ? from : Math.Min(_from, from), Math.Max(_to, to));

        public bool Take(out long from, out long to)
        {
            (from, to) = (_from, _to);
            (_from, _to) = (0, 0);
            return from > 0;
        }
    }
}
