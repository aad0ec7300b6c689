using System.Text;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>Many connections in many rooms at the same time.</summary>
[Collection(nameof(Siege))]
public sealed class CrowdTests
{
    [Fact]
    public async Task Joins_WhenAHundredThousandAreSent_LeaveNothingBehind()
    {
        const int Connections = 500, Rooms = 200;
        await using var siege = await Siege.StartAsync(new() { MaxConnections = 1000 }, sessions: new() { HelloTimeout = TimeSpan.FromSeconds(600) });
        siege.Server.Rooms.KeepsCalls = false;
        await siege.HoldsAsync(async server =>
        {
            var clients = new List<RawWebSocket>();
            try
            {
                for (var n = 0; n < Connections; n++)
                {
                    clients.Add(await server.ConnectAsync($"/ws?user=eve{n}", Subprotocols.Json));
                }

                await Task.WhenAll(clients.Select(JoinAllAsync));
                Assert.All(Enumerable.Range(0, Rooms), room => Assert.Equal(Connections, server.Rooms.In($"room{room}")));

                // A connection may be in 200 rooms, so this join exceeds the limit.
                await clients[0].SendTextAsync("""{"t":"join","id":"more","room":"more"}""");
                Assert.Contains("\"code\":\"room_full\"", await clients[0].ReceiveLineAsync(), StringComparison.Ordinal);
            }
            finally
            {
                clients.ForEach(client => client.Dispose());
            }

            await Waiting.UntilAsync(() => Enumerable.Range(0, Rooms).All(room => server.Rooms.In($"room{room}") == 0), "the rooms to be empty");
        });

        static async Task JoinAllAsync(RawWebSocket client)
        {
            await client.SendTextAsync("""{"t":"hello"}""");
            for (var sent = 0; sent < Rooms; sent += 50)
            {
                var lines = new StringBuilder();
                for (var room = sent; room < sent + 50; room++)
                {
                    lines.Append("{\"t\":\"join\",\"id\":\"j\",\"room\":\"room").Append(room).Append("\"}\n");
                }

                await client.SendTextAsync(lines.ToString());
            }

            Assert.StartsWith("""{"t":"welcome""", await client.ReceiveLineAsync(), StringComparison.Ordinal);
            for (var joined = 0; joined < Rooms; joined++)
            {
                Assert.StartsWith("""{"t":"joined""", await client.ReceiveLineAsync(), StringComparison.Ordinal);
            }
        }
    }
}
