using System.Runtime.InteropServices;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// Detects a second stop signal. A second signal means that the process, which is already stopping, must end at once.
/// </summary>
public sealed class SecondSignal(IReadOnlyList<PosixSignal> signals, TimeProvider time) : IDisposable
{
    // A signal to a whole process group can arrive twice, because a parent in the group may forward the signal. Signals
    // within this time count as one.
    private static readonly TimeSpan SameSignal = TimeSpan.FromSeconds(0.7);

    private readonly CancellationTokenSource _received = new();
    private PosixSignalRegistration[] _registered = [];

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Received => _received.Token;

    /// <summary>Starts to watch for the second signal. Call this method when the first signal has arrived.</summary>
    public void Watch()
    {
        var first = time.GetTimestamp();
        _registered = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, again =>
        {
            again.Cancel = true;
            if (time.GetElapsedTime(first) > SameSignal)
            {
                _received.Cancel();
            }
        }))];
    }

    public void Dispose()
    {
        Array.ForEach(_registered, signal => signal.Dispose());
        _received.Dispose();
    }
}
