using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

public sealed class SendAllowanceTests
{
    [Fact]
    public async Task WhoAsksWhileACallIsUnderWay_SharesTheNext()
    {
        var asked = new List<int>();
        var first = new TaskCompletionSource();
        var allowance = new SendAllowance(async wanted =>
        {
            asked.Add(wanted);
            await first.Task;
            return new(wanted, 0);
        });
        _ = allowance.Take(out var one);
        _ = allowance.Take(out var two);
        _ = allowance.Take(out var three);
        first.SetResult();
        Assert.Equal(new[] { 0, 0, 0 }, await Waiting.ForAsync(Task.WhenAll(one, two, three), "the grants"));
        Assert.Equal([1, 2], asked);
    }

    [Fact]
    public async Task WhatIsNotGranted_IsToldWhenToTryAgain_LastComeLastServed()
    {
        var first = new TaskCompletionSource();
        var allowance = new SendAllowance(async wanted =>
        {
            await first.Task;
            return new(1, 250);
        });
        _ = allowance.Take(out var one);
        _ = allowance.Take(out var two);
        _ = allowance.Take(out var three);
        first.SetResult();
        Assert.Equal(new[] { 0, 0, 250 }, await Waiting.ForAsync(Task.WhenAll(one, two, three), "the grants"));
    }

    [Fact]
    public async Task ABucketThatIsAway_StopsNobody()
    {
        var allowance = new SendAllowance(_ => throw new TimeoutException("away"));
        _ = allowance.Take(out var wait);
        Assert.Equal(0, await Waiting.ForAsync(wait, "the grant"));
    }

    [Fact]
    public async Task WhoAskedFirst_DoesNotWaitForThoseWhoKeepAsking()
    {
        SendAllowance allowance = null!;
        var calls = 0;
        var busy = true;
        allowance = new(async wanted =>
        {
            await Task.Yield();
            if (Volatile.Read(ref busy) && ++calls < 1_000_000)
            {
                _ = allowance.Take(out _);
            }

            return new SendGrant(wanted, 0);
        });
        var loop = allowance.Take(out var first);
        await Waiting.ForAsync(first, "the first grant", TimeSpan.FromSeconds(5));
        Volatile.Write(ref busy, false);
        await Waiting.ForAsync(loop, "the loop's end");
    }
}
