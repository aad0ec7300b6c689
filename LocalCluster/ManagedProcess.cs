namespace OrleansChat.LocalCluster;

/// <summary>
/// Supervises one silo or gateway: starts its process, restarts it at the same address if it dies, and stops it.
/// </summary>
internal sealed class ManagedProcess(ProcessPlan plan, LocalOptions options, ConsoleOutput screen, ReadyProbe probe, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(15);

    // If a child dies after it has run for longer than this time, the pause before its restart is FirstPause again.
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);

    // How long LocalCluster waits for its own SIGINT after SIGINT has ended a child. If a user presses Ctrl-C, the
    // terminal sends SIGINT to LocalCluster and to its children. A child that has only just started does not ignore the
    // signal yet. LocalCluster may notice the end of this child before it receives the signal itself.
    private static readonly TimeSpan SameCtrlC = TimeSpan.FromSeconds(3);

    private readonly ProcessLog _log = new(plan.Name, screen);
    private ChildProcess? _process;

    /// <summary>
    /// Starts the child and waits until it is ready. If the child does not become ready, throws
    /// <see cref="CannotStartException"/> with the reason that the child printed. If the child printed no reason, the
    /// exception has the last lines of the child's log.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = ChildProcess.Start(plan, _log);
        if (await ReadyAsync(_process, cancellationToken))
        {
            screen.Say($"{plan.Name} is ready at {plan.Address} (pid {_process.Id})");
            _log.Open();
            return;
        }

        if (_process.DiedOfCtrlC)
        {
            await Task.Delay(SameCtrlC, time, cancellationToken);
        }

        throw new CannotStartException(_log.Reason is { } reason
            ? $"{plan.Name} cannot start: {ClusterPlan.InOptions(reason)}"
            : string.Join(Environment.NewLine,
                [$"{plan.Name} {Trouble(_process)}; its last log lines:", .. _log.Last().Select(line => $"  {line}")]));
    }

    /// <summary>
    /// Restarts the child whenever it dies, until cancelled. With <c>--restart off</c>, prints that the child died, and
    /// completes.
    /// </summary>
    /// <remarks>
    /// In a loop:
    /// <para>1. Wait until the process has ended.</para>
    /// <para>2. If restarts are off, print that the child died, and complete.</para>
    /// <para>
    /// 3. Pause: 0.5 s, then twice as long after each further death, up to 15 s. After a run of more than 30 s the
    /// pause is 0.5 s again.
    /// </para>
    /// <para>
    /// 4. Start a new process at the same address, wait until it is ready, and print the result. If no new process can
    /// be started, <c>_process</c> is still the old one. It has ended, so step 1 completes at once, and the loop tries
    /// again.
    /// </para>
    /// </remarks>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            // Step 1: wait for the end.
            var started = time.GetTimestamp();
            var exitCode = await _process!.Ended.WaitAsync(cancellationToken);
            var died = $"{plan.Name} (pid {_process.Id}) {ChildProcess.Describe(exitCode)}";

            // Step 2: restarts are off.
            if (!options.Restart)
            {
                screen.Say($"{died}; not restarted (--restart off)");
                return;
            }

            // Step 3: pause.
            pause = time.GetElapsedTime(started) > StableAfter ? FirstPause : pause;
            screen.Say($"{died}; starting it again at {plan.Address} in {pause.TotalSeconds:0.#} s");
            await Task.Delay(pause, time, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, MaxPause.Ticks));

            // Step 4: start again.
            try
            {
                var dead = _process;
                _process = ChildProcess.Start(plan, _log);
                dead.Dispose();
                screen.Say(await ReadyAsync(_process, cancellationToken)
                    ? $"{plan.Name} is back at {plan.Address} (pid {_process.Id})"
                    : $"{plan.Name} {Trouble(_process)}");
            }
            catch (CannotStartException exception)
            {
                // The next try may succeed: perhaps a build replaces the program at this moment.
                screen.Say(exception.Message);
            }
        }
    }

    /// <summary>
    /// Asks the child to stop and waits until it has stopped. If the child still runs when <paramref name="deadline"/>
    /// is cancelled, kills the child and returns false.
    /// </summary>
    public async Task<bool> StopAsync(CancellationToken deadline)
    {
        if (_process is null || await _process.StopAsync(deadline))
        {
            return true;
        }

        screen.Say($"{plan.Name} did not stop in time and was killed");
        return false;
    }

    /// <summary>Kills the child, without asking it to stop, and waits until it has ended.</summary>
    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    public void Dispose() => _process?.Dispose();

    private Task<bool> ReadyAsync(ChildProcess process, CancellationToken cancellationToken) => probe.ReadyAsync(plan, process.Ended, cancellationToken);

    private string Trouble(ChildProcess process) => process.Ended.IsCompletedSuccessfully
        ? ChildProcess.Describe(process.Ended.Result)
        : $"did not become ready within {probe.Within.TotalSeconds:0} s ({plan.Ready})";
}
