using System.Net.WebSockets;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Connections;

public sealed class ConnectionSetTests
{
    [Fact]
    public void Reserve_WhenAllPlacesAreTaken_ReturnsNullUntilOneIsReleased()
    {
        var set = new ConnectionSet(Options.Create(new ConnectionOptions { MaxConnections = 2 }), TimeProvider.System);
        Assert.NotNull(set.Reserve());
        var place = Assert.NotNull(set.Reserve());

        Assert.Null(set.Reserve());
        Assert.Equal(2, set.Count);

        place.Dispose();
        Assert.NotNull(set.Reserve());
    }

    [Fact]
    public async Task EndAll_WhenSomeAreDisposed_EndsTheOthers()
    {
        var set = new ConnectionSet(Options.Create(new ConnectionOptions()), TimeProvider.System);
        var wires = Enumerable.Range(0, 5).Select(_ => new MemoryStream()).ToArray();
        var connections = Array.ConvertAll(wires, NewConnection);
        foreach (var connection in connections)
        {
            set.Add(connection);
        }

        connections[0].Dispose();
        connections[3].Dispose();

        set.EndAll(CloseCode.ServiceRestart, "");

        foreach (var wire in wires.Where((_, i) => i is not (0 or 3)))
        {
            await ClosesAsync(wire);
        }
    }

    [Fact]
    public async Task Add_WhenEndAllWasCalled_EndsTheNewConnection()
    {
        var set = new ConnectionSet(Options.Create(new ConnectionOptions()), TimeProvider.System);
        set.EndAll(CloseCode.ServiceRestart, "");
        var wire = new MemoryStream();

        set.Add(NewConnection(wire));

        await ClosesAsync(wire);
    }

    private static Task ClosesAsync(MemoryStream wire) =>
        Waiting.UntilAsync(() => wire.Length > 0 && wire.ToArray()[0] == 0x88, "a close frame");

    private static Connection NewConnection(MemoryStream wire)
    {
        var stream = new DirectSocketStream(wire, null, null, TimeProvider.System);
        return new(WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true }), stream, new(), new(), 1000, TimeProvider.System);
    }
}
