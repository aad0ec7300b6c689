using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Fanout;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>Creates the gateway's real room feeds, room clients and history client, over fake grains.</summary>
internal static class TestRooms
{
    public static (RoomFeeds Feeds, RoomClients Rooms, HistoryClient History) Create(
        IGrainFactory grains, FanoutOptions? options = null, TimeProvider? time = null, GatewayId? gateway = null, FanoutInstruments? instruments = null)
    {
        var (settings, clock) = (Options.Create(options ?? new()), time ?? TimeProvider.System);
        instruments ??= new(new Meters());
        var feeds = new RoomFeeds(grains, settings, instruments, clock);
        var rooms = new RoomClients(grains, gateway ?? new(), feeds, new(NullLogger<BackgroundTasks>.Instance), settings, instruments, clock);
        return (feeds, rooms, new(grains, feeds, settings, clock));
    }
}
