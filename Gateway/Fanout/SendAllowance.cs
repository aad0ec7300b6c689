using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>One user's sends on this gateway, out of the bucket that all gateways share: one call in flight asks for all that wait.</summary>
internal sealed class SendAllowance(Func<int, Task<SendGrant>> take)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<int>> _waiting = new();
    private bool _asking;

    /// <summary>Asks for one send.</summary>
    /// <param name="wait">Zero where it may go, else the milliseconds after which to try again.</param>
    /// <returns>The loop, where this started it: it goes on while others ask.</returns>
    public Task Take(out Task<int> wait)
    {
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        wait = answer.Task;
        lock (_gate)
        {
            _waiting.Enqueue(answer);
            if (_asking)
            {
                return Task.CompletedTask;
            }

            _asking = true;
        }

        return AskAsync();
    }

    private async Task AskAsync()
    {
        while (Next() is { Length: > 0 } askers)
        {
            SendGrant grant;
            try
            {
                grant = await take(askers.Length);
            }
            catch (Exception away) when (away is not OutOfMemoryException)
            {
                // The bucket is away with its silo. The room decides whether the send can be stored.
                grant = new(askers.Length, 0);
            }

            for (var i = 0; i < askers.Length; i++)
            {
                askers[i].SetResult(i < grant.Granted ? 0 : Math.Max(1, grant.RetryMs));
            }
        }
    }

    private TaskCompletionSource<int>[] Next()
    {
        lock (_gate)
        {
            var askers = _waiting.ToArray();
            _waiting.Clear();
            _asking = askers.Length > 0;
            return askers;
        }
    }
}
