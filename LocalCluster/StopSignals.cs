using System.Runtime.InteropServices;

namespace OrleansChat.LocalCluster;

/// <summary>
/// Handles the signals that stop this program: SIGINT (Ctrl-C), SIGTERM, SIGQUIT, and SIGHUP (the terminal was closed).
/// The first signal asks for an orderly stop. A second signal asks to kill the children.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // One signal can arrive twice: dotnet run forwards the signals that it receives, and a sender may signal the whole
    // process group. A second signal within this time counts as the same signal.
    private static readonly TimeSpan SameSignal = TimeSpan.FromSeconds(0.7);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly PosixSignalRegistration[] _signals;
    private long _first;

    public StopSignals()
    {
        PosixSignal[] all = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
        _signals = Array.ConvertAll(all, signal => PosixSignalRegistration.Create(signal, Received));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Kill => _kill.Token;

    public void Dispose()
    {
        Array.ForEach(_signals, signal => signal.Dispose());
        _stop.Dispose();
        _kill.Dispose();
    }

    private void Received(PosixSignalContext signal)
    {
        signal.Cancel = true;
        lock (_lock)
        {
            if (!_stop.IsCancellationRequested)
            {
                _first = TimeProvider.System.GetTimestamp();
                _stop.Cancel();
            }
            else if (TimeProvider.System.GetElapsedTime(_first) > SameSignal)
            {
                _kill.Cancel();
            }
        }
    }
}
