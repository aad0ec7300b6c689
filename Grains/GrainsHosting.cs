using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Log;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains;

/// <summary>What a silo needs to host the chat's grains.</summary>
public static class GrainsHosting
{
    /// <summary>The meter of everything that the grains count.</summary>
    public const string MeterName = GrainInstruments.MeterName;

    /// <summary>
    /// Adds rooms, users and gateways, with their options from section <c>Rooms</c>. The message log and the stream provider
    /// <c>inbox</c> are the silo's to add.
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
        services.AddSingleton<GatewayWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayWatch>());
        return silo;
    }
}
