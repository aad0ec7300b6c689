namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// An append that waits for its commit, in one of three states. The first transition out of Waiting wins.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Waiting: in the queue of <see cref="GroupCommit"/>.</item>
/// <item>Taken: the commit loop has taken it. Its outcome is the outcome of the commit, even if the caller no longer
/// waits.</item>
/// <item>Abandoned: the caller gave up before the commit loop took it. It is certain that nothing is stored.</item>
/// </list>
/// </remarks>
internal sealed class PendingAppend(RoomAppend append)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;

    private readonly TaskCompletionSource<AppendResult> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state = Waiting;

    public RoomAppend Append => append;

    public Task<AppendResult> Outcome => _outcome.Task;

    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting;

    public void Complete(AppendResult result) => _outcome.TrySetResult(result);

    public void Fail(Exception reason)
    {
        _outcome.TrySetException(reason);
        // The caller may have given up. Reading the exception marks it as observed.
        _ = _outcome.Task.Exception;
    }
}
