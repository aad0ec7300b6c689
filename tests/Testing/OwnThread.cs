namespace OrleansChat.Testing;

/// <summary>For work that blocks until the test has got as far: a thread of the pool could wait for it behind others.</summary>
public static class OwnThread
{
    /// <summary>Runs it on a thread of its own; what it awaits goes on in the pool.</summary>
    public static Task RunAsync(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
}
