using System.Diagnostics;
using System.Globalization;
using OrleansChat.ChatCheck.Clients;
using OrleansChat.LocalCluster;

namespace OrleansChat.ChatCheck.Cluster;

/// <summary>A silo or a gateway of the cluster under check: one process after another at the same address. When it ends by itself it is started again, as whatever runs it would.</summary>
/// <param name="gateway">Its number, where it is a gateway.</param>
internal sealed class Node(ChildPlan plan, int? gateway, ReadyProbe probe, Screen log, Disturbances disturbances, TimeProvider time) : IDisposable
{
    private const int MostStarts = 3;
    private static readonly TimeSpan PauseAfterEnd = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(45);

    private readonly ChildLog _log = new(plan.Name, log);
    private volatile ChildProcess? _process;
    private volatile TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? _heldDown;
    private volatile bool _stopped;
    private int _endings;

    public string Name => plan.Name;

    /// <summary>Its number, where it is a gateway.</summary>
    public int? Gateway => gateway;

    /// <summary>Whether it runs and has said that it is ready.</summary>
    public bool IsReady => _ready.Task.IsCompletedSuccessfully && !_stopped;

    /// <summary>How often it ended by itself.</summary>
    public int Endings => Volatile.Read(ref _endings);

    /// <summary>Starts it and waits until it is ready. Throws <see cref="CannotStartException"/> with its own reason.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Where a machine is busy, what starts together may take one another for dead, or for away; whatever runs it starts it again, and so does this.
        for (var start = 1; start <= MostStarts; start++)
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
            : string.Join(Environment.NewLine, [$"{plan.Name} did not become ready; the last it said:", .. _log.Last().Select(line => $"  {line}")]));
    }

    /// <summary>Starts it again whenever it has ended, until cancelled.</summary>
    public async Task KeepAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _process!.Ended.WaitAsync(stop);
                _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
                IDisposable? unforeseen = null;
                if (_heldDown is { } held)
                {
                    await held.Task.WaitAsync(stop);
                }
                else
                {
                    Interlocked.Increment(ref _endings);
                    unforeseen = disturbances.Begin($"{Name} {ChildProcess.Describe(_process.Ended.Result)} by itself", gateway);
                    await Task.Delay(PauseAfterEnd, time, stop);
                }

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

    /// <summary>Ends it at once. It stays away until <see cref="Release"/>.</summary>
    public async Task KillAsync()
    {
        _heldDown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _process!.KillAsync();
    }

    /// <summary>Asks it to end, as a supervisor does, and waits until it has. It stays away until <see cref="Release"/>. Whether it ended in time, and with exit code 0.</summary>
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

    /// <summary>Lets it be started again.</summary>
    public void Release()
    {
        var held = _heldDown;
        _heldDown = null;
        held?.TrySetResult();
    }

    /// <summary>Freezes it.</summary>
    public Task StopAsync()
    {
        _stopped = true;
        return SignalAsync("STOP");
    }

    /// <summary>Lets it go on.</summary>
    public async Task ContinueAsync()
    {
        await SignalAsync("CONT");
        _stopped = false;
    }

    /// <summary>Waits until it is ready. False where it takes longer.</summary>
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

    /// <summary>Ends it for good.</summary>
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
            catch (CannotStartException refused)
            {
                log.Say(refused.Message); // Its program may be just being built.
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
