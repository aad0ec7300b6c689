using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Hostile;

/// <summary>
/// One user names rooms that do not exist, as fast as the limits allow. Meanwhile another user sends, and gets
/// <c>ok</c> for each send. The database and the silo keep at most as many rooms as the first user's budget allows.
/// </summary>
[Collection(nameof(HostileTests))]
[Trait("Run", "all")]
public sealed class InventedRoomsTests(ITestOutputHelper output)
{
    private const string Json = "orleanschat.v1.json";
    private const int Loops = 4;
    private const int Rounds = 6;
    private const int Names = 200;

    /// <summary>
    /// The number of rooms that one user may create during an attack: 20 at once, and then one per minute. An attack
    /// takes less than 5 minutes.
    /// </summary>
    private const int Budget = 20 + 5;

    [Theory]
    [InlineData("sqlite", "cursors")]
    [InlineData("sqlite", "direct cursors")]
    [InlineData("sqlite", "joins")]
    [InlineData("postgres", "cursors")]
    [InlineData("postgres", "direct cursors")]
    [InlineData("postgres", "joins")]
    public async Task InventedRooms_WhenOneUserNamesMany_StayWithinTheBudget(string store, string attack)
    {
        var directory = Directory.CreateTempSubdirectory("orleanschat-invented-");
        try
        {
            var database = store == "postgres" ? await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() : Path.Combine(directory.FullName, "chat.db");
            await using (var gateway = await StartAsync(store, database, attack))
            {
                using var over = new CancellationTokenSource();
                var talking = TalkAsync(gateway, over.Token);

                await Task.WhenAll(Enumerable.Range(0, Loops).Select(_ => InventAsync(gateway, attack)));

                await over.CancelAsync();
                Assert.True(await talking > 0, "Ann sent nothing during the attack.");
                Assert.InRange(await RoomsAsync(store, database), 1, 1 + (attack == "joins" ? Budget : 0));
                Assert.InRange(await gateway.RoomActivationsAsync(), 0, 1 + (attack == "joins" ? Budget : 0));
                if (attack == "joins")
                {
                    await UntilAsync(async () => await gateway.RoomActivationsAsync() <= 1, "the deactivation of the rooms that no user is in");
                }

                Assert.Empty(gateway.Log.Lines);
                Assert.Empty(gateway.SiloErrors);
            }
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Questions_WhenTheirRoomsDoNotExist_LeaveNoActivation()
    {
        await using var gateway = await GatewayHere.StartAsync();
        using var over = new CancellationTokenSource();
        var talking = TalkAsync(gateway, over.Token);

        await Task.WhenAll(Enumerable.Range(0, Loops).Select(_ => AskAsync(gateway)));

        await over.CancelAsync();
        Assert.True(await talking > 0, "Ann sent nothing during the attack.");
        Assert.InRange(await gateway.RoomActivationsAsync(), 0, 1);
        Assert.Empty(gateway.SiloErrors);
    }

    /// <summary>
    /// The test makes the same attack three times. The first attack fills the caches. The other two attacks name at
    /// least 9,600 rooms in total. After them, the silo may use up to 512 KiB more memory than after the first attack,
    /// which is about 50 bytes per room. In each attack, four users act at the same time. No user takes part in two
    /// attacks, so each user starts with a full budget.
    /// </summary>
    [Theory]
    [InlineData("cursors")]
    [InlineData("direct cursors")]
    [InlineData("questions")]
    public async Task InventedRooms_WhenNamedAgain_LeaveNoMemoryInTheSilo(string attack)
    {
        await using var gateway = await GatewayHere.StartAsync(arguments: attack == "direct cursors" ? ["--Sessions:CreateRoomsOnJoin=false"] : []);
        await AttackAsync("eve");
        var before = await gateway.SiloMemoryAsync();

        await AttackAsync("mallory");
        await AttackAsync("trudy");

        var after = await gateway.SiloMemoryAsync();
        output.WriteLine($"{before} bytes before, {after} after");
        Assert.InRange(after - before, long.MinValue, 512 * 1024);

        Task AttackAsync(string user) => Task.WhenAll(Enumerable.Range(0, Loops).Select(
            loop => attack == "questions" ? AskAsync(gateway, $"{user}-{loop}") : InventAsync(gateway, attack, $"{user}-{loop}")));
    }

    private static Task<GatewayHere> StartAsync(string store, string database, string attack) => GatewayHere.StartAsync(
        new Dictionary<string, string> { ["MessageLog__Store"] = store, [store == "postgres" ? "MessageLog__ConnectionString" : "MessageLog__Path"] = database },
        attack == "direct cursors" ? ["--Sessions:CreateRoomsOnJoin=false"] : []);

    /// <summary>
    /// Makes several rounds. In each round, the user connects, names unknown rooms, waits for all answers, and
    /// disconnects.
    /// </summary>
    private static async Task InventAsync(GatewayHere gateway, string attack, string user = "mallory")
    {
        for (var round = 0; round < Rounds; round++)
        {
            var names = Enumerable.Range(0, Names).Select(_ => (attack == "direct cursors" ? "@" : "") + Name()).ToArray();
            if (attack == "joins")
            {
                using var client = await HelloAsync(gateway, user, "{}");
                foreach (var some in names.Chunk(50))
                {
                    await client.SendTextAsync(string.Join('\n', some.Select(name => $$"""{"t":"join","id":"j","room":"{{name}}"}""")));
                }

                await AnswersAsync(client, Names, "joined", "err");
            }
            else
            {
                var cursors = string.Join(',', names.Select(name => $$"""
                    "{{name}}":{"seq":0}
                    """.Trim()));
                using var client = await HelloAsync(gateway, user, $"{{{cursors}}}");
                await AnswersAsync(client, Names, "joined", "err");
            }
        }
    }

    /// <summary>
    /// Makes several rounds. In each round, the user connects, asks about unknown rooms, waits for all answers, and
    /// disconnects.
    /// </summary>
    private static async Task AskAsync(GatewayHere gateway, string user = "mallory")
    {
        const int Questions = 240;
        for (var round = 0; round < Rounds; round++)
        {
            using var client = await HelloAsync(gateway, user, "{}");
            for (var sent = 0; sent < Questions; sent += 40)
            {
                await client.SendTextAsync(string.Join('\n', Enumerable.Range(0, 20).Select(_ =>
                    $$"""
                    {"t":"who","id":"w","room":"{{Name()}}"}
                    {"t":"history","id":"h","room":"{{Name()}}"}
                    """)));
            }

            await AnswersAsync(client, Questions, "err");
        }
    }

    /// <summary>
    /// Sends direct messages from Ann to Bob until the token is cancelled. Each message must get <c>ok</c>. Returns the
    /// number of messages.
    /// </summary>
    private static async Task<int> TalkAsync(GatewayHere gateway, CancellationToken over)
    {
        using var ann = await HelloAsync(gateway, "ann", "{}");
        var sent = 0;
        do
        {
            await ann.SendTextAsync($$"""{"t":"send","id":"s{{++sent}}","room":"@bob","text":"hello"}""");
            for (var answered = false; !answered;)
            {
                using var line = JsonDocument.Parse(await ann.ReceiveLineAsync());
                var type = line.RootElement.GetProperty("t").GetString();
                Assert.True(type != "err", line.RootElement.GetRawText());
                answered = type == "ok";
            }

            // This pause keeps Ann below the limit of 10 sends per second.
            await Task.WhenAny(Task.Delay(110, CancellationToken.None));
        }
        while (!over.IsCancellationRequested);
        return sent;
    }

    private static async Task<RawWebSocket> HelloAsync(GatewayHere gateway, string user, string rooms)
    {
        var client = await gateway.ConnectAsync($"/ws?user={user}", Json);
        client.Patience = TimeSpan.FromSeconds(60);
        await client.SendTextAsync($$"""{"t":"hello","rooms":{{rooms}}}""");
        Assert.Contains("\"welcome\"", await client.ReceiveLineAsync(), StringComparison.Ordinal);
        return client;
    }

    private static async Task AnswersAsync(RawWebSocket client, int count, params string[] types)
    {
        while (count > 0)
        {
            using var line = JsonDocument.Parse(await client.ReceiveLineAsync());
            count -= types.Contains(line.RootElement.GetProperty("t").GetString()) ? 1 : 0;
        }
    }

    private static async Task<long> RoomsAsync(string store, string database)
    {
        if (store == "postgres")
        {
            await using var server = NpgsqlDataSource.Create(database);
            await using var rows = server.CreateCommand("select count(*) from chat.rooms");
            return (long)(await rows.ExecuteScalarAsync())!;
        }

        await using var file = new SqliteConnection($"Data Source={database};Mode=ReadOnly");
        await file.OpenAsync();
        await using var count = file.CreateCommand();
        count.CommandText = "select count(*) from rooms";
        return Convert.ToInt64(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string awaited)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Waited 4 minutes for: {awaited}.");
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
    }

    private static string Name() => $"x-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
}
