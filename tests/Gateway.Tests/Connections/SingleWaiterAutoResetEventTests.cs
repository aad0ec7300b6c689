using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Tests.Connections;

public sealed class SingleWaiterAutoResetEventTests
{
    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Set_WhenNobodyWaitsYet_EndsTheNextWait()
    {
        var signal = new SingleWaiterAutoResetEvent();
        signal.Set();
        await Waiting.ForAsync(signal.WaitAsync(_cancelled), "a signal that was set before the wait");
    }

    [Fact]
    public async Task Set_WhenCalledTwice_EndsOneWait()
    {
        var signal = new SingleWaiterAutoResetEvent();

        signal.Set();
        signal.Set();

        await signal.WaitAsync(_cancelled);
        Assert.False(signal.WaitAsync(_cancelled).IsCompleted);
    }

    [Fact]
    public async Task Wait_WhenCancelled_LeavesTheNextSetToTheNextWaiter()
    {
        var signal = new SingleWaiterAutoResetEvent();
        using var impatient = new CancellationTokenSource();
        var first = signal.WaitAsync(impatient.Token);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        signal.Set();
        await Waiting.ForAsync(signal.WaitAsync(_cancelled), "the second waiter");
    }
}
