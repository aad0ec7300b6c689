using System.Net.WebSockets;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Connections;

public sealed class ConnectionSetTests
{
    [Fact]
    public void TryReserve_AboveTheMost_IsRefused_UntilOneIsReleased()
    {
        var set = new ConnectionSet(Options.Create(new ConnectionOptions { Most = 2 }), TimeProvider.System);
        Assert.True(set.TryReserve());
        Assert.True(set.TryReserve());
        Assert.False(set.TryReserve());
        Assert.Equal(2, set.Count);
        set.Release();
        Assert.True(set.TryReserve());
    }

    [Fact]
    public void EndAll_WhenOneIsJustGone_EndsTheOthers()
    {
        var set = new ConnectionSet(Options.Create(new ConnectionOptions()), TimeProvider.System);
        var connections = Enumerable.Range(0, 5).Select(_ => NewConnection()).ToArray();
        foreach (var connection in connections)
        {
            set.Add(connection);
        }

        connections[0].Dispose();
        connections[3].Dispose();
        set.EndAll(CloseCode.ServiceRestart, "");
        Assert.All(connections.Where((_, i) => i is not (0 or 3)), connection => Assert.True(HasClose(connection)));
    }

    [Fact]
    public void Add_AfterEndAll_EndsTheLatecomerToo()
    {
        var set = new ConnectionSet(Options.Create(new ConnectionOptions()), TimeProvider.System);
        set.EndAll(CloseCode.ServiceRestart, "");
        var late = NewConnection();
        set.Add(late);
        Assert.True(HasClose(late), "a connection that was upgrading while the gateway drained would never hear of it");
    }

    private static bool HasClose(Connection connection)
    {
        while (connection.Outbox.TryTake(int.MaxValue, first: true, out var item))
        {
            if (item.Kind == Outbox.ItemKind.Frame && item.Bytes.Span[0] == 0x88)
            {
                return true;
            }
        }

        return false;
    }

    private static Connection NewConnection()
    {
        var stream = new UpgradedStream(Stream.Null, null, TimeProvider.System);
        return new(WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true }), stream, new(), 1000, TimeProvider.System);
    }
}
