using OrleansChat.ChatCheck.Clients;
using OrleansChat.ChatCheck.Cluster;

namespace OrleansChat.ChatCheck.Faults;

/// <summary>
/// Injects the faults of a plan. Delays a fault until the cluster can survive it. At most three faults are active at
/// the same time. If the cluster has more than one silo, a fault of one silo waits until another silo is ready and has
/// no fault. The same rule applies to gateways.
/// </summary>
/// <param name="cluster">
/// Null if the run did not start the cluster; then only <see cref="FaultKind.Cut"/> is possible.
/// </param>
/// <param name="say">Called with the text of each fault when it begins.</param>
internal sealed class Nemesis(FaultPlan plan, OwnCluster? cluster, IReadOnlyList<Client> clients, Disturbances disturbances, Action<string> say, Clock clock)
{
    private const int MaxAtATime = 3;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(120);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly HashSet<Node> _taken = [];
    private int _kills;
    private int _cuts;
    private int _badDrains;

    /// <summary>How often a silo or gateway was killed (kill -9) so far.</summary>
    public int Kills => Volatile.Read(ref _kills);

    /// <summary>
    /// How often a process did not end in time after SIGTERM, or ended with an exit code other than 0.
    /// </summary>
    public int BadDrains => Volatile.Read(ref _badDrains);

    /// <summary>The number of faults by kind and side, such as "kill silo".</summary>
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

    /// <summary>
    /// A sentence that names the first process that did not become ready after a fault; null if all became ready.
    /// </summary>
    public string? Trouble { get; private set; }

    /// <summary>
    /// Injects faults until <paramref name="enough"/> is cancelled. Completes when the victims of the last faults are
    /// ready again, or have not become ready in time.
    /// </summary>
    /// <remarks>
    /// In a loop:
    /// <para>1. Take the next fault from the plan, and wait for its <see cref="Fault.After"/>.</para>
    /// <para>2. Wait until fewer than three faults are active and <see cref="TryTake"/> succeeds.</para>
    /// <para>3. Report the fault and perform it in the background.</para>
    /// <para>4. After the loop, wait for the active faults.</para>
    /// </remarks>
    /// <param name="cancellationToken">
    /// Ends the active faults early. The nemesis still lets all frozen processes continue.
    /// </param>
    public async Task RunAsync(CancellationToken enough, CancellationToken cancellationToken)
    {
        var open = new List<Task>();
        try
        {
            while (plan.Next() is { } fault)
            {
                // Step 1: wait for the start of the fault.
                await Task.Delay(fault.After, clock.Time, enough);

                // Step 2: wait until the fault is allowed.
                for (; open.RemoveAll(one => one.IsCompletedSuccessfully) >= 0 && (open.Count >= MaxAtATime || !TryTake(fault)); await Task.Delay(Look, clock.Time, enough))
                {
                }

                // Step 3: perform the fault.
                say(fault.ToString());
                open.Add(DoAsync(fault, cancellationToken));
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }

        // Step 4: wait for the active faults.
        await Task.WhenAll(open);
    }

    private IReadOnlyList<Node> SideOf(Fault fault) => fault.Side switch
    {
        Side.Silo => cluster!.Silos,
        Side.Gateway => cluster!.Gateways,
        _ => [],
    };

    /// <summary>
    /// Reserves the victims of a fault. Returns false if a victim is not ready or is reserved by another fault. Also
    /// returns false if the fault hits one of several silos, and no other silo is ready and free. The same applies to
    /// gateways.
    /// </summary>
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

    /// <summary>Performs a fault on one node.</summary>
    /// <remarks>
    /// <para>1. Record the beginning of the disturbance. The disturbance ends after step 4.</para>
    /// <para>2. Kill, freeze or terminate the process, and wait for the planned time.</para>
    /// <para>3. Allow the restart, or continue the frozen process.</para>
    /// <para>4. Wait up to 120 s until the node is ready. If it is not ready, set <see cref="Trouble"/>.</para>
    /// <para>5. Make the node available for other faults.</para>
    /// </remarks>
    private async Task DoAsync(Fault fault, Node node, CancellationToken cancellationToken)
    {
        // Step 1: record.
        using (disturbances.Begin($"{fault.Kind.ToString().ToLowerInvariant()} {node.Name}", node.Gateway))
        {
            // Steps 2 and 3: perform the fault, and end it.
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

                    // A gateway that has lost its lease, or a silo that was declared dead, ends by itself and is
                    // restarted. This wait gives the process the time to end before step 4 checks the node.
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

            // Step 4: wait until the node is ready.
            if (!await node.ReadyAsync(BackWithin, cancellationToken))
            {
                Trouble ??= $"{node.Name} was not ready {BackWithin.TotalSeconds:0} s after '{fault}'.";
            }
        }

        // Step 5: make the node available.
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

    /// <summary>
    /// Waits. A cancellation ends the wait without an exception, so the caller still lets a frozen process continue.
    /// </summary>
    private Task WaitAsync(TimeSpan lasting, CancellationToken cancellationToken) =>
        Task.Delay(lasting, clock.Time, cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
}
