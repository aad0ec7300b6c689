using System.Globalization;
using OrleansChat.Faulty.Silo;
using OrleansChat.Grains.MessageLog;
using OrleansChat.ProcessHosting;

// The silo, with the fault of section Faults in its message log. If the section is empty, nothing is faulty.
return await ProcessRun.RunAsync(() =>
{
    var app = OrleansChat.Silo.Program.Compose(args, Break);

    // Returns the bytes in use after a full collection, so that a test can measure what memory an attack leaves in use.
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
}
