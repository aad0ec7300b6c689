using System.Runtime.InteropServices;

namespace OrleansChat.Hosting;

/// <summary>Whoever asks a process to stop once more, while it takes its time, does not want to wait any longer.</summary>
internal sealed class SecondSignal(IReadOnlyList<PosixSignal> signals, TimeProvider time) : IDisposable
{
    // Whoever signals a whole process group, with a parent in it that passes signals on, sends one signal twice.
    private static readonly TimeSpan SameSignal = TimeSpan.FromSeconds(0.7);

    private readonly CancellationTokenSource _came = new();
    private PosixSignalRegistration[] _registered = [];

    /// <summary>Cancelled when the second signal comes.</summary>
    public CancellationToken Came => _came.Token;

    /// <summary>The first one came: the next one is the second.</summary>
    public void Await()
    {
        var first = time.GetTimestamp();
        _registered = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, again =>
        {
            again.Cancel = true;
            if (time.GetElapsedTime(first) > SameSignal)
            {
                _came.Cancel();
            }
        }))];
    }

    public void Dispose()
    {
        Array.ForEach(_registered, signal => signal.Dispose());
        _came.Dispose();
    }
}
