using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Tests.Connections;

/// <summary>Thousands may wait to be accepted: everything else comes first.</summary>
public sealed class EntranceTests
{
    private const int Comers = 32;

    [Fact]
    public async Task ConnectionsThatWait_AreAcceptedOneByOne_AndInBetweenTheThreadPoolGoesOn()
    {
        var entrance = new Entrance(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        await using var listener = await entrance.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        var clients = Enumerable.Range(0, Comers).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        try
        {
            foreach (var client in clients)
            {
                await client.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
            }

            var atOnce = 0;
            for (var i = 0; i < Comers; i++)
            {
                var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken);
                atOnce += accepting.IsCompleted ? 1 : 0;
                await using var accepted = await Waiting.ForAsync(accepting.AsTask(), "the next connection");
                Assert.NotNull(accepted);
            }

            // The system has all of them ready: by itself it would hand over one after another without a pause.
            Assert.InRange(atOnce, 0, Comers - 1);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task AnEntranceThatIsShut_AcceptsNobodyMore()
    {
        var entrance = new Entrance(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        await using var listener = await entrance.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        await listener.UnbindAsync(TestContext.Current.CancellationToken);
        Assert.Null(await Waiting.ForAsync(accepting, "the end of accepting"));
    }
}
