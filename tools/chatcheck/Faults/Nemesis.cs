using OrleansChat.ChatCheck.Clients;
using OrleansChat.ChatCheck.Cluster;

namespace OrleansChat.ChatCheck.Faults;

/// <summary>
/// Does to the cluster what its plan says. It waits where the cluster would not get over it: there is always another silo and another gateway that is
/// ready (where there is more than one), and never more than a few faults at a time.
/// </summary>
/// <param name="cluster">Null where the cluster is somebody else's.</param>
/// <param name="say">Told of each fault as it begins.</param>
internal sealed class Nemesis(FaultPlan plan, OwnCluster? cluster, IReadOnlyList<Client> clients, Disturbances disturbances, Action<string> say, Clock clock)
{
    private const int MostAtATime = 3;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(120);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly HashSet<Node> _taken = [];
    private int _kills;
    private int _cuts;
    private int _badDrains;

    /// <summary>kill -9 of silos and gateways so far.</summary>
    public int Kills => Volatile.Read(ref _kills);

    /// <summary>Processes that did not end by SIGTERM in time, or not with exit code 0.</summary>
    public int BadDrains => Volatile.Read(ref _badDrains);

    /// <summary>How often each fault was done, by kind and side.</summary>
    public IReadOnlyDictionary<string, int> Done
    {
        get
        {
            lock (_lock)
            {
                return new SortedDictionary<string, int>(_done, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>A process that did not come back.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Faults, until <paramref name="enough"/>; completes when the cluster has got over the last one.</summary>
    public async Task RunAsync(CancellationToken enough, CancellationToken cancellationToken)
    {
        var open = new List<Task>();
        try
        {
            while (plan.Next() is { } fault)
            {
                await Task.Delay(fault.After, clock.Time, enough);
                for (; open.RemoveAll(one => one.IsCompletedSuccessfully) >= 0 && (open.Count >= MostAtATime || !TryTake(fault)); await Task.Delay(Look, clock.Time, enough))
                {
                }

                say(fault.ToString());
                open.Add(DoAsync(fault, cancellationToken));
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }

        await Task.WhenAll(open);
    }

    private IReadOnlyList<Node> SideOf(Fault fault) => fault.Side switch
    {
        Side.Silo => cluster!.Silos,
        Side.Gateway => cluster!.Gateways,
        _ => [],
    };

    /// <summary>Takes the nodes of a fault, where others are left.</summary>
    private bool TryTake(Fault fault)
    {
        var side = SideOf(fault);
        if (side.Count == 0)
        {
            return true;
        }

        lock (_lock)
        {
            Node[] victims = fault.Kind is FaultKind.Restart ? [.. side] : [side[fault.Victim]];
            if (!victims.All(IsFree) || (fault.Kind is not FaultKind.Restart && side.Count > 1 && !side.Except(victims).Any(IsFree)))
            {
                return false;
            }

            _taken.UnionWith(victims);
            return true;
        }

        bool IsFree(Node node) => node.IsReady && !_taken.Contains(node);
    }

    private async Task DoAsync(Fault fault, CancellationToken cancellationToken)
    {
        Count(fault);
        var side = SideOf(fault);
        switch (fault.Kind)
        {
            case FaultKind.Cut:
                using (disturbances.Begin(fault.ToString(), -1))
                {
                    foreach (var (_, client) in clients.Index().Where(one => one.Index % 3 == _cuts % 3))
                    {
                        client.Cut();
                    }

                    _cuts++;
                }

                return;
            case FaultKind.Database:
                using (disturbances.Begin(fault.ToString(), null))
                {
                    await cluster!.Database!.PauseAsync();
                    await WaitAsync(fault.Lasting, cancellationToken);
                    await cluster.Database.ResumeAsync();
                }

                return;
            case FaultKind.Restart:
                foreach (var node in side)
                {
                    await DoAsync(fault, node, cancellationToken);
                }

                return;
            default:
                await DoAsync(fault, side[fault.Victim], cancellationToken);
                return;
        }
    }

    private async Task DoAsync(Fault fault, Node node, CancellationToken cancellationToken)
    {
        using (disturbances.Begin($"{fault.Kind.ToString().ToLowerInvariant()} {node.Name}", node.Gateway))
        {
            switch (fault.Kind)
            {
                case FaultKind.Kill:
                    Interlocked.Increment(ref _kills);
                    await node.KillAsync();
                    await WaitAsync(fault.Lasting, cancellationToken);
                    node.Release();
                    break;
                case FaultKind.Stop:
                    await node.StopAsync();
                    await WaitAsync(fault.Lasting, cancellationToken);
                    await node.ContinueAsync();

                    // A gateway without its lease, or a silo that was declared dead, ends by itself, and is back some seconds later.
                    await WaitAsync(TimeSpan.FromSeconds(4), cancellationToken);
                    break;
                default:
                    if (!await node.DrainAsync(cancellationToken))
                    {
                        Interlocked.Increment(ref _badDrains);
                    }

                    await WaitAsync(fault.Lasting, cancellationToken);
                    node.Release();
                    break;
            }

            if (!await node.ReadyAsync(BackWithin, cancellationToken))
            {
                Trouble ??= $"{node.Name} was not ready {BackWithin.TotalSeconds:0} s after '{fault}'.";
            }
        }

        lock (_lock)
        {
            _taken.Remove(node);
        }
    }

    private void Count(Fault fault)
    {
        lock (_lock)
        {
            var what = fault.Side is Side.Other ? fault.ToString() : $"{fault.Kind.ToString().ToLowerInvariant()} {fault.Side.ToString().ToLowerInvariant()}";
            _done[what] = _done.GetValueOrDefault(what) + 1;
        }
    }

    /// <summary>However the run ends, what was stopped goes on: the wait is cut short instead of thrown away.</summary>
    private Task WaitAsync(TimeSpan lasting, CancellationToken cancellationToken) =>
        Task.Delay(lasting, clock.Time, cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
}
