namespace OrleansChat.Grains.Log;

/// <summary>
/// An append between its caller and the commit. Whoever moves it out of waiting first decides: the loop takes it and its outcome is the
/// commit's, or the caller gives up and it is certain that nothing is stored.
/// </summary>
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
        // Looked at once, because the caller may have given up: what nobody waits for is not an unobserved exception.
        _ = _outcome.Task.Exception;
    }
}
