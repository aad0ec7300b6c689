using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Users;

namespace OrleansChat.Grains;

/// <summary>Adds the chat's grains to a silo.</summary>
public static class GrainsHosting
{
    /// <summary>
    /// The time after its last call at which an activation of a room or a user is collected, if it has no state that is
    /// stored nowhere else. It is longer than the minimum time for which a user's notifications are kept
    /// (<see cref="RecentNotifications.Retention"/>).
    /// </summary>
    private static readonly TimeSpan CollectionAge = TimeSpan.FromMinutes(1);

    /// <summary>How often Orleans looks for activations to collect.</summary>
    private static readonly TimeSpan CollectionQuantum = TimeSpan.FromSeconds(10);

    /// <summary>The name of the grains' meter.</summary>
    public const string MeterName = GrainInstruments.MeterName;

    /// <summary>
    /// Adds the grains of rooms, users and gateways, with their options from section <c>Rooms</c>, and the message log,
    /// with its options from section <c>Log</c>. The silo has to add the stream provider <c>inbox</c>.
    /// </summary>
    public static ISiloBuilder AddChatGrains(this ISiloBuilder silo, IConfiguration configuration)
    {
        var services = silo.Services;
        services.AddOptions<RoomOptions>().Bind(configuration.GetSection("Rooms")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RoomOptions>, RoomOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddMessageLog(configuration.GetSection(MessageLogOptions.Section));
        services.AddSingleton<GrainInstruments>();
        services.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = CollectionQuantum;
            options.ClassSpecificCollectionAge[typeof(RoomGrain).FullName!] = CollectionAge;
            options.ClassSpecificCollectionAge[typeof(UserGrain).FullName!] = CollectionAge;
        });
        services.AddSingleton<GatewayFailureDetector>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayFailureDetector>());
        return silo;
    }
}
