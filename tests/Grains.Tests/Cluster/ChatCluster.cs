using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;
using OrleansChat.Grains.Tests.Log;
using OrleansChat.Streams;

[assembly: AssemblyFixture(typeof(OrleansChat.Grains.Tests.Cluster.ChatCluster))]

namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>Two silos with one log, for all tests of the assembly: each test has rooms, users and gateways of its own.</summary>
public sealed class ChatCluster : IAsyncLifetime
{
    private static readonly KeyValuePair<string, string?>[] Settings = [new("Log:Store", "memory"), new("Rooms:TypingMs", "60000")];

    private OpenLog? _log;
    private InProcessTestCluster? _cluster;

    internal RiggedLog Log { get; private set; } = null!;

    public InProcessTestCluster Silos => _cluster!;

    public IClusterClient Client => _cluster!.Client;

    public IHistoryGrain History => Client.GetGrain<IHistoryGrain>(0);

    public async ValueTask InitializeAsync()
    {
        _log = await OpenLog.StartAsync(Settings);
        Log = new RiggedLog(_log.Log);
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
#pragma warning disable ORLEANSEXP003 // Named only to switch it off: a silo in production has the local directory.
        builder.Options.UseDistributedGrainDirectory = false;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorage(Inbox.SubscriptionStore);
            silo.AddPushStreams(Inbox.Provider);
            silo.AddChatGrains(new ConfigurationBuilder().AddInMemoryCollection(Settings).Build());
            // One log for both silos, and one that a test can hold or take away.
            silo.Services.AddSingleton<IMessageLog>(Log);
        });
        builder.ConfigureClient(client => client.AddPushStreams(Inbox.Provider));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        if (_log is not null)
        {
            await _log.DisposeAsync();
        }
    }

    public IRoomGrain Room(string room) => Client.GetGrain<IRoomGrain>(room);

    public IUserGrain User(string user) => Client.GetGrain<IUserGrain>(user);

    internal Task<TestGateway> GatewayAsync() => TestGateway.StartAsync(this);

    /// <summary>A name that no other test uses.</summary>
    public static string Fresh(string what) => $"{what}-{Guid.NewGuid():n}"[..20];
}
