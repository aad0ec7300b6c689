using OrleansChat.ChatCheck;
using OrleansChat.LocalCluster;

try
{
    if (CheckCommand.Read(args, out var exitCode) is not { } options)
    {
        return exitCode; // The user asked for help, and the help has been printed.
    }

    // The first Ctrl-C ends the load and starts the checks. The second one ends the run without checks.
    using var signals = new StopSignals();
    return await new Run(options, Console.Out, TimeProvider.System).GoAsync(signals.Stop, signals.Kill) ? 0 : 1;
}
catch (CannotStartException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("Stopped before the end: nothing was checked.");
    return 2;
}
