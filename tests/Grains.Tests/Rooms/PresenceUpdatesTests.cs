using OrleansChat.Grains.Rooms;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>How often a room publishes presence updates. The tests use a manual clock.</summary>
public sealed class PresenceUpdatesTests
{
    private readonly ManualTime _time = new();
    private readonly Turns _turns = new();
    private readonly List<PresenceUpdate> _published = [];
    private readonly HashSet<string> _here = [];
    private readonly PresenceUpdates _notices;

    public PresenceUpdatesTests()
        => _notices = new(new RoomOptions(), _time, () => _here.Count, _published.Add, default);

    [Fact]
    public async Task Updates_WhenChangesFollowQuickly_AreCombined()
    {
        await ChangeAsync("+ann");
        await _time.UntilArmedAsync();
        await ChangeAsync("+bob", "+cat", "-ann", "+dan", "-dan");
        await TurnAsync();
        Assert.Equal([["ann"]], _published.Select(update => update.Arrived));

        _time.Advance(TimeSpan.FromMilliseconds(100));
        await TellsAsync(2);

        Assert.Equal(["bob", "cat"], _published[1].Arrived);
        Assert.Equal(["ann"], _published[1].Departed);
        Assert.Equal(2, _published[1].Count);
    }

    [Fact]
    public async Task Updates_WhenTheRoomIsLarge_HaveOnlyTheCountOncePerSecond()
    {
        await ChangeAsync([.. Enumerable.Range(0, 60).Select(i => $"+user-{i}")]);
        await TellsAsync(1);
        await _time.UntilArmedAsync();
        await ChangeAsync("+ann");

        _time.Advance(TimeSpan.FromMilliseconds(999));
        await TurnAsync();
        Assert.Single(_published);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await TellsAsync(2);

        Assert.Equal((0, 0, 61), (_published[1].Arrived.Length, _published[1].Departed.Length, _published[1].Count));
    }

    [Fact]
    public async Task LastUpdate_WhenNothingChanges_IsRepeatedWithoutNames()
    {
        await ChangeAsync("+ann");
        await TellsAsync(1);

        await PassAsync(100);
        await PassAsync(3000);
        await TellsAsync(2);

        Assert.Equal((1, 0, 0, 1), (_published[1].Number, _published[1].Arrived.Length, _published[1].Departed.Length, _published[1].Count));
        Assert.True(_notices.Publishing.IsCompleted);
    }

    [Fact]
    public async Task Arrival_WhenTheRepeatedUpdateIsPending_IsPublishedAtOnce()
    {
        await ChangeAsync("+ann");
        await TellsAsync(1);
        await PassAsync(100);
        await _time.UntilArmedAsync();

        await ChangeAsync("+bob");
        await TellsAsync(2);

        Assert.Equal((2, "bob"), (_published[1].Number, _published[1].Arrived.Single()));
    }

    [Fact]
    public async Task After_WhenTooManyUpdatesWereMissed_ReturnsOnlyTheCount()
    {
        for (var number = 1; number <= 70; number++)
        {
            await ChangeAsync(number % 2 == 1 ? "+ann" : "-ann");
            await TellsAsync(number);
            await PassAsync(100);
        }

        Assert.Empty(_notices.After(70));
        Assert.Equal([69L, 70], _notices.After(68).Select(update => update.Number));
        Assert.Equal(64, _notices.After(6).Count());
        var behind = Assert.Single(_notices.After(5));
        Assert.Equal((70L, 0, 0, 0), (behind.Number, behind.Arrived.Length, behind.Departed.Length, behind.Count));
    }

    private async Task PassAsync(int milliseconds)
    {
        await _time.UntilArmedAsync();
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await TurnAsync();
    }

    private Task ChangeAsync(params string[] changes) => _turns.RunAsync(() =>
    {
        foreach (var change in changes)
        {
            var (user, here) = (change[1..], change[0] == '+');
            Assert.True(here ? _here.Add(user) : _here.Remove(user));
            _notices.Changed(user, here);
        }
    });

    private Task TurnAsync() => _turns.RunAsync(() => { });

    private Task TellsAsync(int count) => _turns.UntilAsync($"update {count}", () => _published.Count >= count);
}
