using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Users;

/// <summary>
/// A user's recent notifications, by room. A notification may be lost in a broken gateway stream, or it may arrive
/// while the grain does not know the user's sessions. So the grain returns the recent notifications when a gateway
/// reports its sessions.
/// </summary>
internal sealed class RecentNotifications(TimeProvider time)
{
    /// <summary>
    /// Minimum length of a period. A room's first notification after this time begins a new period. The notifications
    /// of the current and the previous period are kept. So a notification is kept for at least this time, and at most
    /// four times as long.
    /// </summary>
    public static readonly TimeSpan Retention = TimeSpan.FromSeconds(30);

    private const int MaxRooms = 256;
    private readonly Dictionary<string, Notification> _notifications = [];

    /// <summary>
    /// Records a notification of a room's events, from sequence <paramref name="from"/> to sequence
    /// <paramref name="to"/>, both included.
    /// </summary>
    public void Add(string room, long from, long to)
    {
        var now = time.GetTimestamp();
        if (!_notifications.TryGetValue(room, out var notification))
        {
            if (_notifications.Count >= MaxRooms)
            {
                _notifications.Remove(_notifications.MinBy(one => one.Value.Since).Key);
            }

            notification = new(from, from, to, now);
        }
        else if (time.GetElapsedTime(notification.Since, now) >= Retention)
        {
            // A new period begins. Keep the first sequence of the previous period, and forget older periods.
            notification = new(time.GetElapsedTime(notification.Since, now) >= 2 * Retention ? from : notification.From, from, to, now);
        }

        _notifications[room] = notification with { To = Math.Max(notification.To, to) };
    }

    /// <summary>Returns the recent notifications, one per room.</summary>
    public UserNotification[] For(string user)
    {
        foreach (var (room, notification) in _notifications)
        {
            if (time.GetElapsedTime(notification.Since) >= 2 * Retention)
            {
                _notifications.Remove(room);
            }
        }

        return [.. _notifications.Select(one => new UserNotification(user, one.Key, one.Value.Earlier, one.Value.To))];
    }

    /// <param name="Earlier">The first sequence of the previous period.</param>
    /// <param name="From">The first sequence of this period.</param>
    /// <param name="To">The last sequence.</param>
    /// <param name="Since">Timestamp of the beginning of this period.</param>
    private readonly record struct Notification(long Earlier, long From, long To, long Since);
}
