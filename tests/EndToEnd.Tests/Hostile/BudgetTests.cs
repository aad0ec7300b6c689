using System.Diagnostics;
using System.Text.Json;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Hostile;

/// <summary>Users who exceed their budgets while another user sends.</summary>
[Collection(nameof(HostileTests)), Trait("Run", "all")]
public sealed class BudgetTests
{
    private const string Json = "orleanschat.v1.json";
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task Questions_WhenAUserReconnectsForThem_StayWithinTheBudget()
    {
        await using var gateway = await GatewayHere.StartAsync();
        await BesideABystanderAsync(gateway, async () =>
        {
            var (answered, refused) = (0, 0);
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 9).Select(async _ =>
            {
                while (Stopwatch.GetElapsedTime(started) < Lasts)
                {
                    using var client = await gateway.ConnectAsync("/ws?user=eve", Json);
                    await client.SendTextAsync("""{"t":"hello"}""");
                    for (var sent = 0; sent < 496; sent += 62)
                    {
                        await client.SendTextAsync(string.Join('\n', Enumerable.Range(sent, 62).Select(n => $$"""{"t":"who","id":"{{n}}","room":"garden"}""")));
                    }

                    while (Stopwatch.GetElapsedTime(started) < Lasts && await LineAsync(client) is { } line && !line.Contains("\"id\":\"495\"", StringComparison.Ordinal))
                    {
                        Interlocked.Add(ref answered, line.StartsWith("""{"t":"who""", StringComparison.Ordinal) ? 1 : 0);
                        Interlocked.Add(ref refused, line.Contains("rate_limited", StringComparison.Ordinal) || line.Contains("4005", StringComparison.Ordinal) ? 1 : 0);
                    }
                }
            }));

            // Budgets:CommandsPerSecond is 100 and Budgets:CommandBurst is 1000 by default. The test allows 10 % more.
            Assert.InRange(answered, 1, 1.1 * (1000 + (100 * Stopwatch.GetElapsedTime(started).TotalSeconds)));
            Assert.True(refused > 0, "The gateway refused none of the commands.");
        });
    }

    [Fact]
    public async Task Pages_WhenAUserAbandonsThem_DisturbNoOtherUser()
    {
        await using var gateway = await GatewayHere.StartAsync();
        await FillAsync(gateway);
        await BesideABystanderAsync(gateway, async () =>
        {
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            {
                while (Stopwatch.GetElapsedTime(started) < Lasts)
                {
                    using var client = await gateway.ConnectAsync("/ws?user=eve", Json);
                    await client.SendTextAsync("{\"t\":\"hello\"}\n{\"t\":\"history\",\"room\":\"attic\",\"limit\":100}");
                    await Task.Delay(50, TestContext.Current.CancellationToken);
                }
            }));
        });
    }

    [Theory, InlineData(10), InlineData(30)]
    public async Task Pages_WhenManyUsersReadNone_TakeBoundedMemory(int users)
    {
        await using var gateway = await GatewayHere.StartAsync();
        await FillAsync(gateway);
        await BesideABystanderAsync(gateway, async () =>
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var clients = new List<RawWebSocket>();
            try
            {
                for (var n = 0; n < users * 10; n++)
                {
                    var client = await gateway.ConnectAsync($"/ws?user=eve-{n % users}", Json);
                    clients.Add(client);
                    await client.SendTextAsync("""{"t":"hello"}""");
                    await client.ReceiveLineAsync();
                    await client.SendTextAsync("""{"t":"history","room":"attic","limit":100}""");
                }

                await Task.Delay(Lasts, TestContext.Current.CancellationToken);
                Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) >> 10, 0, 10 * users * 1024L);
            }
            finally
            {
                clients.ForEach(client => client.Dispose());
            }
        });
    }

    [Fact]
    public async Task Sends_WhenAUserIsOnTwoGateways_ShareOneLimit()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(2, "--store", "memory", "--limits", "on");
        var started = Stopwatch.GetTimestamp();

        var sent = await Task.WhenAll(Enumerable.Range(0, 2).Select(async gateway =>
        {
            using var client = await RawWebSocket.ConnectAsync(new($"ws://127.0.0.1:{cluster.Port + gateway}/ws?user=eve"), [Json]);
            await client.SendTextAsync("{\"t\":\"hello\"}\n{\"t\":\"join\",\"room\":\"garden\"}");
            var acked = 0;
            while (Stopwatch.GetElapsedTime(started) < Lasts)
            {
                await SendAsync(client, "garden", $"{gateway}-{acked++}", "me", mayBeLimited: true);
            }

            return acked;
        }));

        // Limits:SendsPerSecond is 10 and Limits:SendBurst is 20 by default. The test allows 10 more sends, because the
        // gateways lease blocks of sends in advance.
        Assert.InRange(sent.Sum(), 10, 20 + (10 * (Stopwatch.GetElapsedTime(started).TotalSeconds + 1)));
        Assert.All(sent, one => Assert.True(one >= sent.Sum() / 4, $"Only {one} of {sent.Sum()} sends went through one of the gateways."));
    }

    /// <summary>Fills a room with 114 messages of 16,000 bytes.</summary>
    private static async Task FillAsync(GatewayHere gateway)
    {
        var text = string.Concat(Enumerable.Repeat("\U0001F600", 4000));
        await Task.WhenAll(Enumerable.Range(0, 19).Select(async user =>
        {
            using var client = await gateway.ConnectAsync($"/ws?user=writer-{user}", Json);
            await client.SendTextAsync("{\"t\":\"hello\"}\n{\"t\":\"join\",\"room\":\"attic\"}");
            for (var n = 0; n < 6; n++)
            {
                await SendAsync(client, "attic", $"{user}-{n}", text, mayBeLimited: true);
            }
        }));
    }

    /// <summary>
    /// Runs an attack while a bystander sends. Asserts that each send of the bystander is acknowledged once and not
    /// refused, and that the gateway frees the memory of the attack.
    /// </summary>
    private static async Task BesideABystanderAsync(GatewayHere gateway, Func<Task> attack)
    {
        using var ann = await gateway.ConnectAsync("/ws?user=ann", Json);
        ann.Patience = TimeSpan.FromSeconds(60);
        await ann.SendTextAsync("{\"t\":\"hello\"}\n{\"t\":\"join\",\"room\":\"garden\"}");
        await SendAsync(ann, "garden", "first", "before", mayBeLimited: true);
        using var aftermath = new Aftermath();
        using var over = new CancellationTokenSource();
        var sending = Task.Run(async () =>
        {
            var sent = 0;
            for (; !over.IsCancellationRequested; sent++)
            {
                await SendAsync(ann, "garden", $"s{sent}", "here", mayBeLimited: false);
                await Task.WhenAny(Task.Delay(250, CancellationToken.None));
            }

            return sent;
        });

        await attack();

        await over.CancelAsync();
        Assert.True(await sending > 0, "The bystander sent nothing.");
        await Waiting.UntilAsync(() => gateway.Connections == 1, "the end of the attackers' connections", TimeSpan.FromSeconds(60));
        await aftermath.ClearsAsync(50 * 1024 * 1024);
        Assert.Empty(gateway.Log.Lines);
    }

    /// <summary>
    /// Sends a message and waits for its <c>ok</c>. If the answer is <c>rate_limited</c>, the method retries the send,
    /// or fails if <paramref name="mayBeLimited"/> is false.
    /// </summary>
    private static async Task SendAsync(RawWebSocket client, string room, string id, string text, bool mayBeLimited)
    {
        var command = $$"""{"t":"send","id":"{{id}}","room":"{{room}}","text":"{{text}}"}""";
        await client.SendTextAsync(command);
        while (true)
        {
            var line = await client.ReceiveLineAsync();
            if (line.StartsWith("""{"t":"ok""", StringComparison.Ordinal) && line.Contains($"\"id\":\"{id}\"", StringComparison.Ordinal))
            {
                Assert.DoesNotContain("\"dup\"", line, StringComparison.Ordinal);
                return;
            }

            if (line.StartsWith("""{"t":"err""", StringComparison.Ordinal))
            {
                Assert.True(mayBeLimited && line.Contains("rate_limited", StringComparison.Ordinal), line);
                await Task.Delay(JsonDocument.Parse(line).RootElement.GetProperty("retry").GetInt32(), CancellationToken.None);
                await client.SendTextAsync(command);
            }
        }
    }

    /// <summary>Returns the next line, or null if the connection has ended.</summary>
    private static async Task<string?> LineAsync(RawWebSocket client)
    {
        try
        {
            return await client.ReceiveLineAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return null;
        }
    }
}
