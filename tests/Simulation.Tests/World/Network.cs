namespace OrleansChat.Simulation.Tests.World;

/// <summary>The target of a call: a grain and its node.</summary>
internal class Hosted(Node node, object grain)
{
    public Node Node => node;

    public object Grain { get; protected set; } = grain;

    /// <summary>The number of calls that the grain executes now.</summary>
    public int Running { get; set; }

    /// <summary>True if the grain accepts no more calls. New calls wait for the next activation.</summary>
    public bool Leaving { get; protected set; }
}

/// <summary>Calls between nodes. A fault makes a call late, loses it, or loses its answer.</summary>
internal sealed class Network(Scheduler scheduler)
{
    /// <summary>The timeout of a call.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    /// <summary>The faults in effect now.</summary>
    public Faults Faults { get; set; } = Faults.None;

    /// <param name="route">Finds the grain when the call arrives. Returns null if no silo can host the grain.</param>
    public Task<T> CallAsync<TGrain, T>(Node from, Func<Hosted?> route, Func<TGrain, Task<T>> call)
    {
        var answer = new TaskCompletionSource<T>();
        if (!from.Alive)
        {
            return answer.Task;
        }

        var sent = scheduler.Now;
        scheduler.After(Timeout, () => answer.TrySetException(new TimeoutException("The call was not answered in time.")));
        if (scheduler.Chance(Faults.CallRefused))
        {
            scheduler.After(scheduler.Between(0, 20), () => answer.TrySetException(new IOException("The silo is not reachable.")));
        }
        else if (!scheduler.Chance(Faults.CallLost))
        {
            var loses = scheduler.Chance(Faults.AnswerLost);
            scheduler.After(Latency(), () => Arrive(route, call, answer, loses, sent));
        }

        return answer.Task;
    }

    /// <summary>Draws the latency of one message.</summary>
    public TimeSpan Latency() => scheduler.Chance(Faults.CallSlow) ? scheduler.Between(1, 4500) : scheduler.Between(0, 3);

    private void Arrive<TGrain, T>(Func<Hosted?> route, Func<TGrain, Task<T>> call, TaskCompletionSource<T> answer, bool loses, long sent)
    {
        if (scheduler.Now - sent >= Timeout.Ticks)
        {
            // The call has timed out, so no caller waits for it.
            return;
        }

        var target = route();
        if (target is { Leaving: true })
        {
            scheduler.After(Moment, () => Arrive(route, call, answer, loses, sent));
        }
        else if (target is { Node.Alive: true })
        {
            _ = target.Node.StartAsync(() => CarryOutAsync(target, call, answer, loses));
        }
        else if (scheduler.Chance(500))
        {
            scheduler.After(scheduler.Between(1, 1000), () => answer.TrySetException(new IOException("The silo is gone.")));
        }
    }

    private async Task CarryOutAsync<TGrain, T>(Hosted target, Func<TGrain, Task<T>> call, TaskCompletionSource<T> answer, bool loses)
    {
        target.Running++;
        try
        {
            var result = await call((TGrain)target.Grain);
            if (!loses)
            {
                scheduler.After(Latency(), () => answer.TrySetResult(result));
            }
        }
        catch (Exception exception)
        {
            if (!loses)
            {
                scheduler.After(Latency(), () => answer.TrySetException(exception));
            }
        }
        finally
        {
            target.Running--;
        }
    }
}
