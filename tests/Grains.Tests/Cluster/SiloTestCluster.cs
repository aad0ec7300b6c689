using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Tests.MessageLog;
using OrleansChat.Streams;

[assembly: AssemblyFixture(typeof(OrleansChat.Grains.Tests.Cluster.SiloTestCluster))]

namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>
/// Two silos with one message log. Most tests of the assembly share one cluster. Each test has its own rooms and
/// gateways, but several tests use the same users, such as <c>ann</c>.
/// </summary>
public sealed class SiloTestCluster : IAsyncLifetime
{
    /// <summary>
    /// Number of rooms that one user may create. Several tests create rooms as the same user. The number is so large
    /// that all these tests together do not use up the user's budget.
    /// </summary>
    public const int CreatesPerUser = 300;

    /// <summary>
    /// The options of the rooms. Several tests invite and join as the same user, so these actions have no limits.
    /// </summary>
    internal RoomOptions Rooms { get; init; } = new()
    {
        TypingInterval = TimeSpan.FromMinutes(1),
        CreatesPerUser = CreatesPerUser,
        InvitesPerUser = 0,
        JoinsPerUser = 0,
        GroupsPerUser = 0,
    };

    private static readonly KeyValuePair<string, string?>[] Settings =
        [new("MessageLog:Store", "memory")];

    private OpenLog? _log;
    private InProcessTestCluster? _cluster;

    internal RiggedLog Log { get; private set; } = null!;

    /// <summary>The time of the silos. Only a test with its own cluster may shift it.</summary>
    internal ShiftedTime Time { get; } = new();

    /// <summary>The authorizer of the silos; null for none.</summary>
    internal IRoomAuthorizer? Authorizer { get; init; }

    public InProcessTestCluster Silos => _cluster!;

    public IClusterClient Client => _cluster!.Client;

    public IHistoryGrain History => Client.GetGrain<IHistoryGrain>(0);

    public async ValueTask InitializeAsync()
    {
        _log = await OpenLog.StartAsync(Settings);
        Log = new RiggedLog(_log.Log);
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
#pragma warning disable ORLEANSEXP003 // Switches the experimental directory off, because a production silo uses the local directory.
        builder.Options.UseDistributedGrainDirectory = false;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<TimeProvider>(Time);
            silo.AddMemoryGrainStorage(GatewayStreamNames.SubscriptionStore);
            silo.AddPushStreams(GatewayStreamNames.Provider);
            silo.AddChatGrains(Rooms);
            if (Authorizer is not null)
            {
                silo.Services.AddSingleton(Authorizer);
            }

            // Both silos use this log. A test can hold the log's appends and make its calls fail.
            silo.Services.AddSingleton<IMessageLog>(Log);
        });
        builder.ConfigureClient(client => client.AddPushStreams(GatewayStreamNames.Provider));
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

    /// <summary>Makes each silo read that the log allows all events. A silo never reads this again.</summary>
    internal async Task OpenGatesAsync()
    {
        foreach (var silo in _cluster!.Silos.Cast<InProcessSiloHandle>())
        {
            Assert.True(await silo.ServiceProvider.GetRequiredService<LogVersionGate>().IsOpenAsync());
        }
    }

    public IRoomGrain Room(string room) => Client.GetGrain<IRoomGrain>(room);

    public IUserGrain User(string user) => Client.GetGrain<IUserGrain>(user);

    internal Task<TestGateway> GatewayAsync() => TestGateway.StartAsync(this);

    /// <summary>Returns a name that begins with <paramref name="what"/> and that no other test uses.</summary>
    public static string Fresh(string what) => $"{what}-{Guid.NewGuid():n}"[..20];
}
