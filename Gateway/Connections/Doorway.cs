using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// So many at a time open their connections: the upgrade, and the first call to the cluster. When a gateway dies, thousands come to the
/// others within a second; let in all at once, their work would stand before that of everybody who is here already, and these would feel the
/// storm for as long as it lasts. Whoever waits costs nothing.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing to dispose of.")]
internal sealed class Doorway(IOptions<ConnectionOptions> options, TimeProvider time)
{
    private readonly SemaphoreSlim _free = new(options.Value.OpeningAtATime);

    /// <summary>A turn, where there is one without waiting; who got it calls <see cref="Leave"/>.</summary>
    public bool TryEnter() => _free.Wait(0, CancellationToken.None);

    /// <summary>Waits for a turn; who got one calls <see cref="Leave"/>. False where it did not come within <see cref="ConnectionOptions.OpenSeconds"/>.</summary>
    public async ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (TryEnter())
        {
            return true;
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.OpenSeconds), time);
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

    /// <summary>The next one's turn.</summary>
    public void Leave() => _free.Release();
}
