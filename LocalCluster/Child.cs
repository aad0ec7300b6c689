namespace OrleansChat.LocalCluster;

/// <summary>A silo or a gateway: one process after another at the same address, from the first start to the stop.</summary>
internal sealed class Child(ChildPlan plan, LocalOptions options, Screen screen, ReadyProbe probe, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    // A child that has been well for so long did not die of its start: the next pause is the first one again.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);

    // A terminal sends Ctrl-C to everybody. A child so young that it does not ignore it yet dies of it, and that may be seen before the signal is.
    private static readonly TimeSpan SameCtrlC = TimeSpan.FromSeconds(3);

    private readonly ChildLog _log = new(plan.Name, screen);
    private ChildProcess? _process;

    /// <summary>Starts the child and waits until it is ready. Throws <see cref="CannotStartException"/> with its own reason, or with its last
    /// lines where it gave none.</summary>
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
            ? $"{plan.Name} cannot start: {Plan.InOptions(reason)}"
            : string.Join(Environment.NewLine,
                [$"{plan.Name} {Trouble(_process)}; the last it said:", .. _log.Last().Select(line => $"  {line}")]));
    }

    /// <summary>Starts the child again whenever it dies, until cancelled; or, without <c>--restart</c>, says that it died and completes.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            var started = time.GetTimestamp();
            var exitCode = await _process!.Ended.WaitAsync(cancellationToken);
            var died = $"{plan.Name} (pid {_process.Id}) {ChildProcess.Describe(exitCode)}";
            if (!options.Restart)
            {
                screen.Say($"{died}; it stays dead (--restart off)");
                return;
            }

            pause = time.GetElapsedTime(started) > Settled ? FirstPause : pause;
            screen.Say($"{died}; starting it again at {plan.Address} in {pause.TotalSeconds:0.#} s");
            await Task.Delay(pause, time, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks));

            try
            {
                var dead = _process;
                _process = ChildProcess.Start(plan, _log);
                dead.Dispose();
                screen.Say(await ReadyAsync(_process, cancellationToken)
                    ? $"{plan.Name} is back at {plan.Address} (pid {_process.Id})"
                    : $"{plan.Name} {Trouble(_process)}");
            }
            catch (CannotStartException refused)
            {
                screen.Say(refused.Message); // Its program may be just being built; the next turn finds the old process dead, and tries again.
            }
        }
    }

    /// <summary>Stops the child, at the latest, and with force, at <paramref name="deadline"/>. False where that was needed.</summary>
    public async Task<bool> StopAsync(CancellationToken deadline)
    {
        if (_process is null || await _process.StopAsync(deadline))
        {
            return true;
        }

        screen.Say($"{plan.Name} did not stop in time and was killed");
        return false;
    }

    /// <summary>Ends the child at once, whatever it does.</summary>
    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    public void Dispose() => _process?.Dispose();

    private Task<bool> ReadyAsync(ChildProcess process, CancellationToken cancellationToken) => probe.ReadyAsync(plan, process.Ended, cancellationToken);

    private string Trouble(ChildProcess process) => process.Ended.IsCompletedSuccessfully
        ? ChildProcess.Describe(process.Ended.Result)
        : $"did not become ready within {probe.Within.TotalSeconds:0} s ({plan.Ready})";
}
