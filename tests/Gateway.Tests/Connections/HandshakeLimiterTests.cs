using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Tests.Connections;

/// <summary>The limit on handshakes that run at the same time.</summary>
public sealed class HandshakeLimiterTests
{
    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enter_WhenAllPlacesAreTaken_WaitsForTheNextFreePlace()
    {
        var handshakes = Of(new() { OpeningAtATime = 2, OpenTimeout = TimeSpan.FromSeconds(600) });
        Assert.True(await handshakes.AcquireAsync(_cancelled));
        Assert.True(await handshakes.AcquireAsync(_cancelled));
        var third = handshakes.AcquireAsync(_cancelled).AsTask();
        Assert.False(third.IsCompleted);

        handshakes.Release();

        Assert.True(await Waiting.ForAsync(third, "the third connection's turn"));
    }

    [Fact]
    public async Task Enter_WhenItWaitsLongerThanOpenSeconds_ReturnsFalse()
    {
        var handshakes = Of(new() { OpeningAtATime = 1, OpenTimeout = TimeSpan.FromSeconds(1) });
        Assert.True(await handshakes.AcquireAsync(_cancelled));

        Assert.False(await handshakes.AcquireAsync(_cancelled));

        handshakes.Release();
        Assert.True(await handshakes.AcquireAsync(_cancelled));
        Assert.False(await handshakes.AcquireAsync(_cancelled));
    }

    [Fact]
    public async Task Enter_WhenTheWaitIsCancelled_TakesNoPlace()
    {
        var handshakes = Of(new() { OpeningAtATime = 1, OpenTimeout = TimeSpan.FromSeconds(600) });
        using var gone = new CancellationTokenSource();
        Assert.True(await handshakes.AcquireAsync(_cancelled));
        var waiting = handshakes.AcquireAsync(gone.Token).AsTask();

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        handshakes.Release();
        Assert.True(await handshakes.AcquireAsync(_cancelled));
    }

    private static HandshakeLimiter Of(ConnectionOptions options) => new(Options.Create(options), TimeProvider.System);
}
