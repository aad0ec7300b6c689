namespace OrleansChat.Gateway.Tests;

/// <summary>When clients go and when they come back, by a clock that the test moves.</summary>
public sealed class DrainPaceTests
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private readonly ManualTime _time = new();

    [Fact]
    public void AsLongAsThereIsTime_EachGoesWhenItMayComeBack()
    {
        var moves = Run(new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60), _time) { Rate = 100 }, 1000);
        Assert.All(moves, move => Assert.InRange(move.Back - move.Gone, 0, 0.06));
        Assert.InRange(moves[^1].Gone, 9.8, 10.1);
        AssertAtMost(100, moves);
    }

    [Fact]
    public void WhereThereIsTooLittleTime_AllGoInIt_AndStayAwayUntilTheOthersHaveRoom()
    {
        var pace = new DrainPace(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60), _time) { Rate = 100 };
        var moves = Run(pace, 1000);
        Assert.InRange(moves[^1].Gone, 1.5, 2.06);
        Assert.InRange(moves[^1].Back, 9.8, 10.1);
        Assert.False(pace.IsForced);
        AssertAtMost(100, moves);
    }

    [Fact]
    public void NobodyIsKeptAwayLongerThanTheMost_WhateverTheRate()
    {
        var pace = new DrainPace(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), _time) { Rate = 10 };
        var moves = Run(pace, 1000);
        Assert.True(pace.IsForced);
        Assert.InRange(moves[^1].Back, 4, 5.06);
        AssertAtMost(220, moves);
    }

    [Fact]
    public void WithoutAnyTime_AllGoAtOnce()
    {
        var pace = new DrainPace(TimeSpan.Zero, TimeSpan.FromSeconds(10), _time) { Rate = 100 };
        var moves = Run(pace, 500);
        Assert.InRange(moves[^1].Gone, 0, 0.051);
        AssertAtMost(100, moves);
    }

    [Fact]
    public void ARateThatChanges_CountsFromThenOn()
    {
        var pace = new DrainPace(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60), _time) { Rate = 10 };
        var slow = Run(pace, 20);
        pace.Rate = 100;
        var fast = Run(pace, 100);
        Assert.InRange(slow[^1].Gone, 1.8, 2.1);
        Assert.InRange(fast[^1].Gone - slow[^1].Gone, 0.9, 1.2);
    }

    /// <summary>Everybody's moment of going and of coming back, in seconds.</summary>
    private List<(double Gone, double Back)> Run(DrainPace pace, int clients)
    {
        var moves = new List<(double, double)>();
        while (true)
        {
            for (var due = pace.Due(clients - moves.Count); due > 0; due--)
            {
                var now = _time.GetElapsedTime(Began).TotalSeconds;
                moves.Add((now, now + (pace.NextReturn() / 1000.0)));
            }

            if (moves.Count == clients)
            {
                return moves;
            }

            Assert.True(_time.GetElapsedTime(Began) < TimeSpan.FromMinutes(5), $"After five minutes {moves.Count} of {clients} have gone.");
            _time.Advance(Look);
        }
    }

    private long Began { get; } = TimeSpan.FromHours(1).Ticks;

    /// <summary>In no second do more come back than the rate, and the one that it begins with.</summary>
    private static void AssertAtMost(int rate, List<(double Gone, double Back)> moves)
    {
        var back = moves.Select(move => move.Back).Order().ToArray();
        for (var i = 0; i + rate + 1 < back.Length; i++)
        {
            Assert.True(back[i + rate + 1] - back[i] > 0.99, $"{rate + 2} come back from {back[i]:0.000} s to {back[i + rate + 1]:0.000} s.");
        }
    }
}
