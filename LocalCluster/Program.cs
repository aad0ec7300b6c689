using OrleansChat.LocalCluster;

var screen = new Screen(Console.Out, Console.Error, colours: !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null);

try
{
    if (CommandLine.Read(args, out var exitCode) is not { } options)
    {
        return exitCode; // Help was asked for, and given.
    }

    var plan = Plan.For(options);                                   // which processes, at which addresses, with which settings
    using var signals = new StopSignals();                          // Ctrl-C, SIGTERM; once to drain, twice to kill
    await using var cluster = new Cluster(plan, screen);

    if (await cluster.StartAsync(signals.Stop))                     // silos, then gateways, each until it is healthy
    {
        Welcome.Show(plan, screen);
        await cluster.KeepAsync(signals.Stop);                      // what dies is started again
    }

    return await cluster.StopAsync(signals.Kill) ? 0 : 1;           // gateways, then silos
}
catch (CannotStartException reason)
{
    screen.Fail(reason.Message);
    return 1;
}
