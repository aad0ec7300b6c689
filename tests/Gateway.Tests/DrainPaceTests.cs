using OrleansChat.Gateway.Cluster;

namespace OrleansChat.Gateway.Tests;

/// <summary>The times at which clients leave and reconnect during a drain.</summary>
public sealed class DrainPaceTests
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private readonly ManualTime _time = new();
    private readonly long _began;

    public DrainPaceTests() => _began = _time.GetTimestamp();

    [Fact]
    public void Pace_WhenTheTimeSuffices_LetsEachClientReconnectAtOnce()
    {
        var moves = Run(new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60), _time) { Rate = 100 }, 1000);
        Assert.All(moves, move => Assert.InRange(move.Back - move.Gone, 0, 0.06));
        Assert.InRange(moves[^1].Gone, 9.8, 10.1);
        AssertAtMost(100, moves);
    }

    [Fact]
    public void Pace_WhenTheTimeIsShort_DelaysTheReconnects()
    {
        var pace = new DrainPace(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60), _time) { Rate = 100 };
        var moves = Run(pace, 1000);

        Assert.InRange(moves[^1].Gone, 1.5, 2.06);
        Assert.InRange(moves[^1].Back, 9.8, 10.1);
        Assert.False(pace.IsForced);
        AssertAtMost(100, moves);
    }

    [Fact]
    public void Pace_WhenTheAwayLimitIsTooShort_ExceedsTheRate()
    {
        var pace = new DrainPace(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), _time) { Rate = 10 };

        var moves = Run(pace, 1000);

        Assert.True(pace.IsForced);
        Assert.InRange(moves[^1].Back, 4, 5.06);
        AssertAtMost(220, moves);
    }

    [Fact]
    public void Pace_WhenThereIsNoTime_LetsAllLeaveAtOnce()
    {
        var pace = new DrainPace(TimeSpan.Zero, TimeSpan.FromSeconds(10), _time) { Rate = 100 };
        var moves = Run(pace, 500);
        Assert.InRange(moves[^1].Gone, 0, 0.051);
        AssertAtMost(100, moves);
    }

    [Fact]
    public void Pace_WhenTheRateChanges_AppliesItFromThenOn()
    {
        var pace = new DrainPace(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60), _time) { Rate = 10 };

        var slow = Run(pace, 20);
        pace.Rate = 100;
        var fast = Run(pace, 100);

        Assert.InRange(slow[^1].Gone, 1.8, 2.1);
        Assert.InRange(fast[^1].Gone - slow[^1].Gone, 0.9, 1.2);
    }

    /// <summary>
    /// Drains the clients. For each client, returns the time at which it leaves and the time at which it may reconnect,
    /// in seconds since the start of the test.
    /// </summary>
    private List<(double Gone, double Back)> Run(DrainPace pace, int clients)
    {
        var moves = new List<(double, double)>();
        while (true)
        {
            for (var due = pace.Due(clients - moves.Count); due > 0; due--)
            {
                var now = _time.GetElapsedTime(_began).TotalSeconds;
                moves.Add((now, now + (pace.NextReturn() / 1000.0)));
            }

            if (moves.Count == clients)
            {
                return moves;
            }

            Assert.True(_time.GetElapsedTime(_began) < TimeSpan.FromMinutes(5), $"After five minutes, only {moves.Count} of {clients} clients have left.");
            _time.Advance(Look);
        }
    }

    /// <summary>Fails if more than <paramref name="rate"/> + 1 clients reconnect within 0.99 s.</summary>
    private static void AssertAtMost(int rate, List<(double Gone, double Back)> moves)
    {
        var back = moves.Select(move => move.Back).Order().ToArray();
        for (var i = 0; i + rate + 1 < back.Length; i++)
        {
            Assert.True(back[i + rate + 1] - back[i] > 0.99, $"{rate + 2} clients reconnect between {back[i]:0.000} s and {back[i + rate + 1]:0.000} s.");
        }
    }
}
