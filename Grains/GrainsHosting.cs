using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Users;

namespace OrleansChat.Grains;

/// <summary>Adds the chat's grains to a silo.</summary>
public static class GrainsHosting
{
    /// <summary>
    /// Orleans collects the activation of a room or user grain when it has had no call for this time. A room's
    /// activation stays longer if it has state that is stored nowhere else. The time is longer than the minimum time
    /// for which a user grain keeps notifications (<see cref="RecentNotifications.Retention"/>).
    /// </summary>
    private static readonly TimeSpan CollectionAge = TimeSpan.FromMinutes(1);

    /// <summary>How often Orleans looks for activations to collect.</summary>
    private static readonly TimeSpan CollectionQuantum = TimeSpan.FromSeconds(10);

    /// <summary>The name of the grains' meter.</summary>
    public const string MeterName = GrainInstruments.MeterName;

    /// <summary>
    /// Adds the grains of rooms, users and gateways. The silo also needs the message log
    /// (<see cref="MessageLogHosting.AddMessageLog"/>) and the stream provider <c>inbox</c>. The silo may also register
    /// an <see cref="IRoomAuthorizer"/>.
    /// </summary>
    public static ISiloBuilder AddChatGrains(this ISiloBuilder silo, RoomOptions options)
    {
        var services = silo.Services;
        services.AddSingleton(Options.Create(options));
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<GrainInstruments>();
        services.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = CollectionQuantum;
            options.ClassSpecificCollectionAge[typeof(RoomGrain).FullName!] = CollectionAge;
            options.ClassSpecificCollectionAge[typeof(UserGrain).FullName!] = CollectionAge;
        });
        services.AddSingleton<LogVersionGate>();
        services.AddSingleton<RoomAuthorization>();
        services.AddSingleton<GatewayFailureDetector>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayFailureDetector>());
        services.AddSingleton<SiloVersions>();
        return silo.UseSiloMetadata(new Dictionary<string, string>
        {
            [SiloVersions.Key] = LogVersion.Known.ToString(CultureInfo.InvariantCulture),
        });
    }
}
