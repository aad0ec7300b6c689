using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Users;
using OrleansChat.Testing;

namespace OrleansChat.Grains.Tests.Users;

public sealed class RecentRingsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Rings_OfOneRoom_AreOneRange()
    {
        var rings = new RecentRings(_time);
        rings.Add("team", 7, 8);
        rings.Add("team", 9, 9);

        Assert.Equal([new UserRing("ann", "team", 7, 9)], rings.Of("ann"));
    }

    [Fact]
    public void Rings_ThatGoOn_ForgetWhatIsOld()
    {
        var rings = new RecentRings(_time);
        rings.Add("team", 1, 1);
        _time.Advance(RecentRings.Kept);
        rings.Add("team", 2, 2);
        Assert.Equal([new UserRing("ann", "team", 1, 2)], rings.Of("ann"));

        _time.Advance(RecentRings.Kept);
        rings.Add("team", 3, 3);
        Assert.Equal([new UserRing("ann", "team", 2, 3)], rings.Of("ann"));

        _time.Advance(2 * RecentRings.Kept);
        Assert.Empty(rings.Of("ann"));
    }

    [Fact]
    public void Rooms_AreBounded_AndTheOldestGoes()
    {
        var rings = new RecentRings(_time);
        for (var room = 0; room < 300; room++)
        {
            rings.Add($"room-{room}", 1, 1);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var kept = rings.Of("ann").Select(ring => ring.Room).ToHashSet();
        Assert.Equal(256, kept.Count);
        Assert.Contains("room-299", kept);
        Assert.DoesNotContain("room-0", kept);
    }
}
