using OrleansChat.LocalCluster;

var screen = new ConsoleOutput(Console.Out, Console.Error, colours: !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null);

try
{
    if (CommandLine.Read(args, out var exitCode) is not { } options)
    {
        return exitCode; // The user asked for help, which has been printed.
    }

    var plan = ClusterPlan.For(options);                                   // the processes, their addresses and settings
    using var signals = new StopSignals();                          // Ctrl-C or SIGTERM: the first stops, the second kills
    await using var cluster = new Cluster(plan, screen);

    if (await cluster.StartAsync(signals.Stop))                     // silos, then gateways; waits until all are ready
    {
        Welcome.Show(plan, screen);
        await cluster.KeepAsync(signals.Stop);                      // restarts processes that die
    }

    return await cluster.StopAsync(signals.Kill) ? 0 : 1;           // gateways, then silos; 1 if one had to be killed
}
catch (CannotStartException exception)
{
    screen.Fail(exception.Message);
    return 1;
}
