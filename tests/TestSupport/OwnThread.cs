namespace OrleansChat.TestSupport;

/// <summary>
/// Runs work that blocks until the test reaches a point. On the thread pool, the continuation that ends the block could
/// have to wait for a thread.
/// </summary>
public static class OwnThread
{
    /// <summary>Runs the work on a new thread. After an await, the work continues on the thread pool.</summary>
    public static Task RunAsync(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
}
