using OrleansChat.ChatCheck;
using OrleansChat.LocalCluster;

try
{
    if (CheckCommand.Read(args, out var exitCode) is not { } options)
    {
        return exitCode; // Help was asked for, and given.
    }

    using var signals = new StopSignals();                                  // Ctrl-C: once to end the load and check, twice to give up
    return await new Run(options, Console.Out, TimeProvider.System).GoAsync(signals.Stop, signals.Kill) ? 0 : 1;
}
catch (CannotStartException reason)
{
    await Console.Error.WriteLineAsync(reason.Message);
    return 2;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("Given up: nothing was checked.");
    return 2;
}
