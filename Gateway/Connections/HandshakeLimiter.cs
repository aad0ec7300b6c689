using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Allows at most <see cref="ConnectionOptions.OpeningAtATime"/> connections to be opening at the same time. A
/// connection is opening during its upgrade, and again during its first call to the cluster. When a gateway dies,
/// thousands of clients reconnect to the other gateways within a second. Without the limit, the new handshakes would
/// delay existing connections until all clients have reconnected. A waiting handshake uses no thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "SemaphoreSlim needs disposal only if its AvailableWaitHandle is used.")]
internal sealed class HandshakeLimiter(IOptions<ConnectionOptions> options, TimeProvider time)
{
    private readonly SemaphoreSlim _free = new(options.Value.OpeningAtATime);

    /// <summary>Takes a place if one is free now. A caller that gets a place must call <see cref="Release"/>.</summary>
    public bool TryAcquire() => _free.Wait(0, CancellationToken.None);

    /// <summary>
    /// Waits for a place. A caller that gets a place must call <see cref="Release"/>. Returns false if no place became
    /// free within <see cref="ConnectionOptions.OpenTimeout"/>.
    /// </summary>
    public async ValueTask<bool> AcquireAsync(CancellationToken cancellationToken)
    {
        if (TryAcquire())
        {
            return true;
        }

        using var patience = new CancellationTokenSource(options.Value.OpenTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _free.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Release() => _free.Release();
}
