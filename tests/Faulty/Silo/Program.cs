using System.Globalization;
using OrleansChat.Faulty.Silo;
using OrleansChat.Grains.MessageLog;
using OrleansChat.ProcessHosting;

// Runs a silo with a faulty message log. The configuration section Faults selects the fault. Without this section, the
// message log has no fault.
return await ProcessRun.RunAsync(() =>
{
    var app = OrleansChat.Silo.Program.Compose(args, Break);

    // Returns the bytes in use after a full garbage collection, so that a test can measure how much memory remains in
    // use after an attack.
    app.MapGet("/memory", () => GC.GetTotalMemory(forceFullCollection: true).ToString(CultureInfo.InvariantCulture));
    return app;
});

static void Break(WebApplicationBuilder builder)
{
    var faults = builder.Configuration.Read<SiloFaults>(SiloFaults.Section);
    var whole = builder.Services.Last(part => part.ServiceType == typeof(IMessageLog)).ImplementationFactory!;
    IMessageLog WholeLog(IServiceProvider parts) => (IMessageLog)whole(parts);
    switch (faults.Log)
    {
        case LogFault.AnswerBeforeCommit:
            builder.Services.AddSingleton<IMessageLog>(parts => new HastyLog(WholeLog(parts), faults, parts.GetRequiredService<TimeProvider>()));
            break;
        case LogFault.ForgetClientId:
            builder.Services.AddSingleton<IMessageLog>(parts => new ForgetfulLog(WholeLog(parts)));
            break;
        case LogFault.ReuseSequence:
            builder.Services.AddSingleton<IMessageLog>(parts => new ReusingLog(WholeLog(parts)));
            break;
    }

    if (faults.Counts != CountFault.None)
    {
        builder.Services.AddSingleton<IMessageLog>(parts => new MiscountingLog(WholeLog(parts), faults.Counts));
    }
}
