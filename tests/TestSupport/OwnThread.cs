namespace OrleansChat.TestSupport;

/// <summary>
/// Runs work that blocks its thread until the test reaches a certain point. If the work blocked a thread of the thread
/// pool, the code that ends the block might have to wait for a free thread.
/// </summary>
public static class OwnThread
{
    /// <summary>Runs the work on a new thread. After an await, the work continues on the thread pool.</summary>
    public static Task RunAsync(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
}
