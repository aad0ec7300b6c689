using System.Diagnostics;
using System.Globalization;
using OrleansChat.ChatCheck.Clients;
using OrleansChat.LocalCluster;

namespace OrleansChat.ChatCheck.Cluster;

/// <summary>
/// A silo or gateway of the checked cluster. When its process ends, the node starts a new process at the same
/// address, as a supervisor would do.
/// </summary>
/// <param name="gateway">The gateway's number; null for a silo.</param>
internal sealed class Node(ProcessPlan plan, int? gateway, ReadyProbe probe, ConsoleOutput log, Disturbances disturbances, TimeProvider time) : IDisposable
{
    private const int MaxStarts = 3;
    private static readonly TimeSpan PauseAfterEnd = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(45);

    private readonly ProcessLog _log = new(plan.Name, log);
    private volatile ChildProcess? _process;
    private volatile TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? _heldDown;
    private volatile bool _stopped;
    private int _endings;

    public string Name => plan.Name;

    /// <summary>The gateway's number; null for a silo.</summary>
    public int? Gateway => gateway;

    /// <summary>Whether the process has become ready since its last start and is not frozen.</summary>
    public bool IsReady => _ready.Task.IsCompletedSuccessfully && !_stopped;

    /// <summary>How often the process ended although no fault had killed or drained it.</summary>
    public int Endings => Volatile.Read(ref _endings);

    /// <summary>
    /// Starts the process and waits until it is ready, in up to three attempts. If all fail, throws
    /// <see cref="CannotStartException"/> with the reason that the process printed, or with its last log lines.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // On a busy machine, a process may end at its start because it considers another new process dead or missing.
        // A supervisor would restart it, and so does this loop.
        for (var start = 1; start <= MaxStarts; start++)
        {
            var process = _process = ChildProcess.Start(plan, _log);
            if (await probe.ReadyAsync(plan, process.Ended, cancellationToken))
            {
                _log.Open();
                _ready.TrySetResult();
                return;
            }

            await process.KillAsync();
        }

        throw new CannotStartException(_log.Reason is { } reason
            ? $"{plan.Name} cannot start: {reason}"
            : string.Join(Environment.NewLine, [$"{plan.Name} did not become ready; its last log lines:", .. _log.Last().Select(line => $"  {line}")]));
    }

    /// <summary>Restarts the process whenever it has ended, until <paramref name="stop"/> is cancelled.</summary>
    /// <remarks>
    /// In a loop:
    /// <para>1. Wait until the process has ended.</para>
    /// <para>
    /// 2. If a fault keeps the node down, wait for <see cref="Release"/>. Otherwise count an unexpected end, record a
    /// disturbance, and pause for 0.5 s.
    /// </para>
    /// <para>
    /// 3. Start a new process and wait until it is ready. If it does not become ready, step 1 waits for its end.
    /// </para>
    /// </remarks>
    public async Task KeepAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                // Step 1: wait for the end.
                await _process!.Ended.WaitAsync(stop);
                _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

                // Step 2: wait for the fault's end, or pause.
                IDisposable? unforeseen = null;
                if (_heldDown is { } held)
                {
                    await held.Task.WaitAsync(stop);
                }
                else
                {
                    Interlocked.Increment(ref _endings);
                    unforeseen = disturbances.Begin($"{Name} {ChildProcess.Describe(_process.Ended.Result)} unexpectedly", gateway);
                    await Task.Delay(PauseAfterEnd, time, stop);
                }

                // Step 3: start again.
                using (unforeseen)
                {
                    var process = await StartAgainAsync(stop);
                    if (await probe.ReadyAsync(plan, process.Ended, stop))
                    {
                        _ready.TrySetResult();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Kills the process (SIGKILL). The node stays down until <see cref="Release"/>.</summary>
    public async Task KillAsync()
    {
        _heldDown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _process!.KillAsync();
    }

    /// <summary>
    /// Sends SIGTERM, as a supervisor does, and waits until the process has ended. If that takes longer than 45 s,
    /// kills the process. The node stays down until <see cref="Release"/>. Returns true if the process ended in time
    /// with exit code 0.
    /// </summary>
    public async Task<bool> DrainAsync(CancellationToken cancellationToken)
    {
        _heldDown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = _process!;
        await SignalAsync("TERM");
        _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            return await process.Ended.WaitAsync(EndsWithin, time, cancellationToken) == 0;
        }
        catch (TimeoutException)
        {
            await process.KillAsync();
            return false;
        }
    }

    /// <summary>
    /// Lets <see cref="KeepAsync"/> restart the process after <see cref="KillAsync"/> or <see cref="DrainAsync"/>.
    /// </summary>
    public void Release()
    {
        var held = _heldDown;
        _heldDown = null;
        held?.TrySetResult();
    }

    /// <summary>Freezes the process (SIGSTOP).</summary>
    public Task StopAsync()
    {
        _stopped = true;
        return SignalAsync("STOP");
    }

    /// <summary>Continues a frozen process (SIGCONT).</summary>
    public async Task ContinueAsync()
    {
        await SignalAsync("CONT");
        _stopped = false;
    }

    /// <summary>
    /// Waits up to <paramref name="within"/> until the node is ready. Returns false if it is still not ready then.
    /// </summary>
    public async Task<bool> ReadyAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        for (var started = time.GetTimestamp(); time.GetElapsedTime(started) < within; await Task.Delay(50, cancellationToken))
        {
            if (IsReady)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Kills the process. Cancel <see cref="KeepAsync"/> first; otherwise it restarts the process.</summary>
    public Task EndAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    public void Dispose() => _process?.Dispose();

    private async Task<ChildProcess> StartAgainAsync(CancellationToken stop)
    {
        _process!.Dispose();
        while (true)
        {
            try
            {
                return _process = ChildProcess.Start(plan, _log);
            }
            catch (CannotStartException exception)
            {
                log.Say(exception.Message); // A build may be replacing the program at this moment.
                await Task.Delay(PauseAfterEnd, time, stop);
            }
        }
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
