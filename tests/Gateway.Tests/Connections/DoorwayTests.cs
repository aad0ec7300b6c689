using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Tests.Connections;

/// <summary>Thousands who come at once open one after another.</summary>
public sealed class DoorwayTests
{
    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public async Task NoMoreThanItsNumber_OpenAtATime_AndTheNextFollowsWhenOneIsThrough()
    {
        var doorway = Of(new() { OpeningAtATime = 2, OpenSeconds = 600 });
        Assert.True(await doorway.EnterAsync(_cancelled));
        Assert.True(await doorway.EnterAsync(_cancelled));
        var third = doorway.EnterAsync(_cancelled).AsTask();
        Assert.False(third.IsCompleted);

        doorway.Leave();

        Assert.True(await Waiting.ForAsync(third, "the third one's turn"));
    }

    [Fact]
    public async Task WhoWaitsTooLong_IsToldSo_AndTakesNobodysTurn()
    {
        var doorway = Of(new() { OpeningAtATime = 1, OpenSeconds = 1 });
        Assert.True(await doorway.EnterAsync(_cancelled));

        Assert.False(await doorway.EnterAsync(_cancelled));

        doorway.Leave();
        Assert.True(await doorway.EnterAsync(_cancelled));
        Assert.False(await doorway.EnterAsync(_cancelled));
    }

    [Fact]
    public async Task WhoGivesUpWaiting_TakesNobodysTurn()
    {
        var doorway = Of(new() { OpeningAtATime = 1, OpenSeconds = 600 });
        using var gone = new CancellationTokenSource();
        Assert.True(await doorway.EnterAsync(_cancelled));
        var waiting = doorway.EnterAsync(gone.Token).AsTask();

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        doorway.Leave();
        Assert.True(await doorway.EnterAsync(_cancelled));
    }

    private static Doorway Of(ConnectionOptions options) => new(Options.Create(options), TimeProvider.System);
}
