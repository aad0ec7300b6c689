using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Users;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Users;

public sealed class RecentNotificationsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Rings_WhenOfOneRoom_AreOneRange()
    {
        var notifications = new RecentNotifications(_time);
        notifications.Add("team", 7, 8);
        notifications.Add("team", 9, 9);

        Assert.Equal([new UserNotification("ann", "team", 7, 9)], notifications.For("ann"));
    }

    [Fact]
    public void Rings_WhenNewOnesFollow_DropTheOldOnes()
    {
        var notifications = new RecentNotifications(_time);
        notifications.Add("team", 1, 1);
        _time.Advance(RecentNotifications.Retention);
        notifications.Add("team", 2, 2);
        Assert.Equal([new UserNotification("ann", "team", 1, 2)], notifications.For("ann"));

        _time.Advance(RecentNotifications.Retention);
        notifications.Add("team", 3, 3);
        Assert.Equal([new UserNotification("ann", "team", 2, 3)], notifications.For("ann"));

        _time.Advance(2 * RecentNotifications.Retention);
        Assert.Empty(notifications.For("ann"));
    }

    [Fact]
    public void Rings_WhenThereAreTooManyRooms_DropTheOldestRoom()
    {
        var notifications = new RecentNotifications(_time);
        for (var room = 0; room < 300; room++)
        {
            notifications.Add($"room-{room}", 1, 1);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var kept = notifications.For("ann").Select(notification => notification.Room).ToHashSet();

        Assert.Equal(256, kept.Count);
        Assert.Contains("room-299", kept);
        Assert.DoesNotContain("room-0", kept);
    }
}
