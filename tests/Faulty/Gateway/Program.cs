using System.Globalization;
using OrleansChat.Faulty.Gateway;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Sessions;
using OrleansChat.ProcessHosting;

// The gateway, with the faults of section Faults in its gateway stream, head poller and resume. A fault that is not set
// is not active.
return await ProcessRun.RunAsync(() =>
{
    var app = OrleansChat.Gateway.Program.Compose(args, builder =>
    {
        var faults = builder.Configuration.Read<GatewayFaults>(GatewayFaults.Section);
        builder.Services.AddSingleton(faults);
        builder.Services.AddSingleton<FaultyStream>();
        builder.Services.AddSingleton<IGatewayStreamFilter>(parts => parts.GetRequiredService<FaultyStream>());
        if (faults.NoHeadPoller)
        {
            builder.Services.AddSingleton<IOutgoingGrainCallFilter, FailedHeadPolls>();
        }

        if (faults.Resume != ResumeFault.None)
        {
            builder.Services.AddSingleton<HistoryClient>();
            builder.Services.AddSingleton<IHistory>(parts => new FaultyResume(parts.GetRequiredService<HistoryClient>(), faults, parts.GetRequiredService<TimeProvider>()));
        }
    });

    // Sets another stream fault, so that a test can use one process for all faults. PUT /faults?stream=drop&share=0.3
    // returns the number of items that the previous fault affected.
    app.MapPut("/faults", (string stream, double share, FaultyStream faulty) =>
        faulty.Become(Enum.Parse<StreamFault>(stream, ignoreCase: true), share).ToString(CultureInfo.InvariantCulture));
    return app;
});
