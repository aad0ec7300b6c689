using OrleansChat.Grains.Rooms;
using OrleansChat.Testing;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>How often comings and goings are told, by a clock that the test moves.</summary>
public sealed class AttendanceNoticesTests
{
    private readonly ManualTime _time = new();
    private readonly Turns _turns = new();
    private readonly List<(string[] Came, string[] Went, int Count)> _told = [];
    private readonly HashSet<string> _here = [];
    private readonly AttendanceNotices _notices;

    public AttendanceNoticesTests()
        => _notices = new(new RoomOptions(), _time, () => _here.Count, (came, went, count) => _told.Add((came, went, count)), default);

    [Fact]
    public async Task Comings_InQuickSuccession_AreToldAtOnceAndThenTogether()
    {
        await ChangeAsync("+ann");
        await _time.UntilArmedAsync();
        await ChangeAsync("+bob", "+cat", "-ann", "+dan", "-dan");
        await TurnAsync();
        Assert.Equal([["ann"]], _told.Select(notice => notice.Came));

        _time.Advance(TimeSpan.FromMilliseconds(100));
        await TellsAsync(2);

        Assert.Equal(["bob", "cat"], _told[1].Came);
        Assert.Equal(["ann"], _told[1].Went);
        Assert.Equal(2, _told[1].Count);
    }

    [Fact]
    public async Task Counts_OfALargeRoom_AreToldOnceASecond()
    {
        await ChangeAsync([.. Enumerable.Range(0, 60).Select(i => $"+user-{i}")]);
        await TellsAsync(1);
        await _time.UntilArmedAsync();
        await ChangeAsync("+ann");

        _time.Advance(TimeSpan.FromMilliseconds(999));
        await TurnAsync();
        Assert.Single(_told);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await TellsAsync(2);

        Assert.Equal((0, 0, 61), (_told[1].Came.Length, _told[1].Went.Length, _told[1].Count));
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

    private Task TellsAsync(int count) => _turns.UntilAsync($"notice {count}", () => _told.Count >= count);
}
