using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Endpoint;

namespace OrleansChat.Gateway.Tests.Connections;

/// <summary>
/// The listener lets the other work of the thread pool run before it accepts the next waiting connection.
/// </summary>
public sealed class FairConnectionListenerTests
{
    private const int Comers = 32;

    [Fact]
    public async Task Accept_WhenManyConnectionsWait_YieldsToTheThreadPool()
    {
        var entrance = new FairConnectionListener(Options.Create(new SocketTransportOptions()), [], TimeProvider.System, NullLoggerFactory.Instance);
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

            // Before the first accept, all connections were in the operating system's queue. So if the listener had not
            // yielded, each accept would have completed at once.
            Assert.InRange(atOnce, 0, Comers - 1);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task Accept_WhenTheListenerIsUnbound_ReturnsNull()
    {
        var entrance = new FairConnectionListener(Options.Create(new SocketTransportOptions()), [], TimeProvider.System, NullLoggerFactory.Instance);
        await using var listener = await entrance.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();

        await listener.UnbindAsync(TestContext.Current.CancellationToken);

        Assert.Null(await Waiting.ForAsync(accepting, "the end of accepting"));
    }
}
