using System.Globalization;
using OrleansChat.Faulty.Gateway;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Sessions;
using OrleansChat.ProcessHosting;

// Runs a gateway with faults. The configuration section Faults selects the faults of the gateway stream, of the head
// poller, and of the events that a client gets when it resumes. Without this section, the gateway has no faults.
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

    // Sets another fault of the stream, so that a test can use one process for all faults. For example, a test sends
    // PUT /faults?stream=drop&share=0.3. The answer is the number of items that the previous fault affected.
    app.MapPut("/faults", (string stream, double share, FaultyStream faulty) =>
        faulty.Become(Enum.Parse<StreamFault>(stream, ignoreCase: true), share).ToString(CultureInfo.InvariantCulture));
    return app;
});
