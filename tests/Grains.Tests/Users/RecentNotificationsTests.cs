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
        var rings = new RecentNotifications(_time);
        rings.Add("team", 7, 8);
        rings.Add("team", 9, 9);

        Assert.Equal([new UserNotification("ann", "team", 7, 9)], rings.For("ann"));
    }

    [Fact]
    public void Rings_WhenNewOnesFollow_DropTheOldOnes()
    {
        var rings = new RecentNotifications(_time);
        rings.Add("team", 1, 1);
        _time.Advance(RecentNotifications.Retention);
        rings.Add("team", 2, 2);
        Assert.Equal([new UserNotification("ann", "team", 1, 2)], rings.For("ann"));

        _time.Advance(RecentNotifications.Retention);
        rings.Add("team", 3, 3);
        Assert.Equal([new UserNotification("ann", "team", 2, 3)], rings.For("ann"));

        _time.Advance(2 * RecentNotifications.Retention);
        Assert.Empty(rings.For("ann"));
    }

    [Fact]
    public void Rings_WhenThereAreTooManyRooms_DropTheOldestRoom()
    {
        var rings = new RecentNotifications(_time);
        for (var room = 0; room < 300; room++)
        {
            rings.Add($"room-{room}", 1, 1);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var kept = rings.For("ann").Select(ring => ring.Room).ToHashSet();

        Assert.Equal(256, kept.Count);
        Assert.Contains("room-299", kept);
        Assert.DoesNotContain("room-0", kept);
    }
}
