using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;
using OrleansChat.Streams;

[assembly: AssemblyFixture(typeof(OrleansChat.Grains.Tests.Cluster.ChatCluster))]

namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>Two silos with one log, for all tests of the assembly: each test has rooms, users and gateways of its own.</summary>
public sealed class ChatCluster : IAsyncLifetime
{
    private readonly InProcessTestCluster _cluster;

    public ChatCluster()
    {
        Log = new RiggedLog(new StandInLog());
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
#pragma warning disable ORLEANSEXP003 // Named only to switch it off: a silo in production has the local directory.
        builder.Options.UseDistributedGrainDirectory = false;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IMessageLog>(Log);
            silo.AddMemoryGrainStorage(Inbox.SubscriptionStore);
            silo.AddPushStreams(Inbox.Provider);
            silo.AddChatGrains(new ConfigurationBuilder().Build());
        });
        builder.ConfigureClient(client => client.AddPushStreams(Inbox.Provider));
        _cluster = builder.Build();
    }

    internal RiggedLog Log { get; }

    public InProcessTestCluster Silos => _cluster;

    public IClusterClient Client => _cluster.Client;

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    public IRoomGrain Room(string room) => Client.GetGrain<IRoomGrain>(room);

    public IUserGrain User(string user) => Client.GetGrain<IUserGrain>(user);

    public IHistoryGrain History => Client.GetGrain<IHistoryGrain>(0);

    internal Task<TestGateway> GatewayAsync() => TestGateway.StartAsync(this);

    /// <summary>A name that no other test uses.</summary>
    public static string Fresh(string what) => $"{what}-{Guid.NewGuid():n}"[..20];
}
