using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.EndToEnd.Tests.Page;
using OrleansChat.TestSupport;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>What users find when they come back after they were offline.</summary>
public sealed class OfflineTests
{
    /// <summary>Maximum size of everything that the server sends before the first screen of a client is complete.</summary>
    private const int FirstScreenBytes = 50 * 1024;

    [Fact]
    [Trait("Run", "all")]
    public async Task FirstMessage_WhenEverySiloIsKilled_IsListedForTheOfflineUser()
    {
        await using var browser = await Browser.StartAsync();
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var cluster = await RunningLocalCluster.StartAsync(2, RunningLocalCluster.Patient, "--silos", "2", "--store", "postgres", "--connection", database);
        await using (var ann = await JsonClient.ConnectAsync(cluster.Port, "ann"))
        {
            await ann.SendAsync("@bob", "psst");
        }

        foreach (var silo in (string[])["silo-1", "silo-2"])
        {
            await ProcessGroup.SignalAsync("KILL", cluster.Child(silo).Pid);
            await cluster.Group.LineAsync($"{silo} is back", RunningLocalCluster.StartLimit);
        }

        var page = await browser.OpenAsync($"http://127.0.0.1:{cluster.Port + 1}/?user=bob#lobby");
        var conversation = page.Locator("[data-testid=room][data-room='@ann']");
        await Expect(conversation).ToHaveAttributeAsync("data-unread", "1", new() { Timeout = 60_000 });
        await conversation.ClickAsync();
        await Expect(page.GetByTestId("message")).ToContainTextAsync("psst");
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task Hello_WhenTheUserHas10000Rooms_IsAnsweredWithAListOfLessThan50KiB()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var cluster = await RunningLocalCluster.StartAsync(1, RunningLocalCluster.Patient, "--store", "postgres", "--connection", database);
        await PostgresServer.ExecuteAsync(
            database,
            """
            insert into chat.rooms(room, kind, epoch, claim, seq, ts, messages, title)
                select 'room-' || n, 1, 'e', 1, 3, n, 3, repeat('t', 100) from generate_series(1, 10000) n
            """,
            "insert into chat.members(room, usr, since) select 'room-' || n, 'ann', 1 from generate_series(1, 10000) n",
            """
            insert into chat.events(room, seq, usr, hash, ts, kind, text, messages)
                select 'room-' || n, s, 'bob', 7, n, 0, repeat('😀', 300), s from generate_series(1, 10000) n, generate_series(1, 3) s
            """);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("orleanschat.v1.json");
        await socket.ConnectAsync(new($"ws://127.0.0.1:{cluster.Port}/ws?user=ann"), TestContext.Current.CancellationToken);

        await socket.SendAsync("""{"t":"hello","id":"1","conversations":100}"""u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

        // The list is one of the lines of a frame. The sum of all frames up to this one is the cost of the first screen.
        var buffer = new byte[2 * FirstScreenBytes];
        var (received, start) = (0, 0);
        JsonNode? list = null;
        while (list is null)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(received), TestContext.Current.CancellationToken);
            Assert.Equal(WebSocketMessageType.Text, part.MessageType);
            received += part.Count;
            Assert.InRange(received, 0, FirstScreenBytes);
            if (part.EndOfMessage)
            {
                var lines = Encoding.UTF8.GetString(buffer, start, received - start).Split('\n', StringSplitOptions.RemoveEmptyEntries);
                list = lines.Select(line => JsonNode.Parse(line)!).FirstOrDefault(frame => (string?)frame["t"] == "conversations");
                start = received;
            }
        }

        Assert.True(received > 10_000);
        Assert.True((bool?)list["more"]);
        var rooms = list["rooms"]!.AsArray();
        Assert.Equal(Enumerable.Range(0, rooms.Count).Select(n => $"room-{10_000 - n}"), rooms.Select(room => (string?)room!["room"]));
        Assert.All(rooms, room => Assert.Equal(3, (int)room!["unread"]!));
    }
}
