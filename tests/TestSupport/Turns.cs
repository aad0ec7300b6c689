using Xunit;

namespace OrleansChat.TestSupport;

/// <summary>Runs code one turn at a time, as a grain does. After an await, code continues in a later turn.</summary>
public sealed class Turns
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TaskFactory _turns = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

    public Task RunAsync(Action turn) => _turns.StartNew(turn);

    public Task RunAsync(Func<Task> turn) => _turns.StartNew(turn).Unwrap();

    /// <summary>Waits until a condition holds. Each check of the condition is one turn. Fails after 20 s.</summary>
    public async Task UntilAsync(string awaited, Func<bool> holds)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!await _turns.StartNew(holds))
        {
            Assert.False(timeout.IsCancellationRequested, $"Waited {Patience.TotalSeconds} s for: {awaited}.");
            await Task.Yield();
        }
    }
}
