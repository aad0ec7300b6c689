using System.Globalization;
using Orleans;
using OrleansChat.Faulty.Gateway;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Hosting;

// The gateway with a stream, a beacon and a way to resume that are broken as section Faults says; whole where it says nothing.
return await ProcessRun.RunAsync(() =>
{
    var app = OrleansChat.Gateway.Program.Compose(args, builder =>
    {
        var faults = builder.Configuration.Read<GatewayFaults>(GatewayFaults.Section);
        builder.Services.AddSingleton(faults);
        builder.Services.AddSingleton<FaultyStream>();
        builder.Services.AddSingleton<IInboxFilter>(parts => parts.GetRequiredService<FaultyStream>());
        if (faults.DarkBeacon)
        {
            builder.Services.AddSingleton<IOutgoingGrainCallFilter, DarkBeacon>();
        }

        if (faults.Resume != ResumeFault.None)
        {
            builder.Services.AddSingleton<IRooms>(parts => new FaultyResume(parts.GetRequiredService<Feeds>(), faults, parts.GetRequiredService<TimeProvider>()));
        }
    });

    // Another fault from here on, so that one process serves for all: PUT /faults?stream=drop&share=0.3 tells how many the one before struck.
    app.MapPut("/faults", (string stream, double share, FaultyStream faulty) =>
        faulty.Become(Enum.Parse<StreamFault>(stream, ignoreCase: true), share).ToString(CultureInfo.InvariantCulture));
    return app;
});
