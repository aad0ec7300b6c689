using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// One reader in a busy room reads 1 KB/s. It lags, stays connected, and finally has all events of the log. bench/Load
/// measures how a slow reader affects the other members.
/// </summary>
public sealed class SlowReaderTests
{
    [Fact]
    public async Task SlowReader_WhenItFallsFarBehind_StaysAndGetsTheWholeLog()
    {
        const int Messages = 4000, MaxBehind = 500, Page = 100;
        const long HeldAtTheMost = 1024 * 1024;
        var fullSpeed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await RunningLocalCluster.StartAsync(
            1,
            new Dictionary<string, string>(RunningLocalCluster.Patient) { ["Sessions:MaxLagEvents"] = $"{MaxBehind}", ["Connections:SendQueueBytes"] = $"{16 * 1024}" });
        await using var writer = await JsonClient.ConnectAsync(cluster.Port, "writer");
        await using var fast = await JsonClient.ConnectAsync(cluster.Port, "fast");
        await using var slow = await JsonClient.ConnectSlowlyAsync(cluster.Port, "slow", PaceAsync);
        foreach (var member in (JsonClient[])[writer, fast, slow])
        {
            await member.JoinAsync("busy");
        }

        // Each member gets about 2.5 MB.
        await SendAllAsync(writer, fast, Messages);
        var log = await fast.EventsAsync("busy", Messages);
        Assert.Equal(Sequences(1, Messages), log.Select(Seq));
        Assert.True(slow.EventsOf("busy").Count < MaxBehind, $"The slow reader already has {MaxBehind} events or more, so it is not slow.");

        fullSpeed.SetResult();
        var pushed = await slow.EventsAsync("busy", Messages);

        // The reader lagged: gap frames name the events that the gateway skipped. Before the first gap, the reader got
        // only what the send queue and the buffers of the sockets held, which is much less than the writer sent.
        var gaps = slow.Frames.Where(frame => (string?)frame["t"] == "gap").ToArray();
        Assert.NotEmpty(gaps);
        var held = slow.Frames.TakeWhile(frame => frame != gaps[0]).Sum(frame => (long)frame.ToJsonString().Length);
        Assert.InRange(held, 1, HeldAtTheMost);

        // If each gap is filled from the history, the reader has the whole log, in order and each event once.
        var told = new List<JsonObject>();
        foreach (var frame in slow.Frames)
        {
            if ((string?)frame["t"] == "ev")
            {
                told.Add(frame);
            }
            else if ((string?)frame["t"] == "gap")
            {
                await FillAsync((long)frame["from"]!, (long)frame["to"]!);
            }
        }

        Assert.Equal(log.Select(ev => ev.ToJsonString()), told.Select(ev => ev.ToJsonString()));
        Assert.True(pushed.Count < Messages, "The gateway pushed every event to the slow reader, so the reader did not lag.");

        // The slow reader gets new events live again.
        await writer.SendAsync("busy", "and now?");
        Assert.Equal("and now?", (string?)(await slow.EventsAsync("busy", Messages + 1))[^1]["text"]);
        Assert.DoesNotContain(fast.Frames.Concat(slow.Frames), frame => (string?)frame["t"] == "closed");
        Assert.DoesNotContain(fast.Frames, frame => (string?)frame["t"] == "gap");

        async Task<int> PaceAsync()
        {
            await Task.WhenAny(Task.Delay(100), fullSpeed.Task);
            return fullSpeed.Task.IsCompleted ? 16 * 1024 : 100;
        }

        async Task FillAsync(long from, long to)
        {
            for (var next = from; next <= to;)
            {
                var history = slow.Command("history");
                (history["room"], history["after"], history["limit"]) = ("busy", next - 1, (int)Math.Min(Page, to - next + 1));
                var events = (await slow.AskAsync(history, "page"))["events"]!.AsArray();
                Assert.NotEmpty(events);
                told.AddRange(events.Select(ev => ev!.AsObject()));
                next += events.Count;
            }
        }
    }

    private static async Task SendAllAsync(JsonClient sender, JsonClient reader, int messages)
    {
        // Send in order. At most InFlight sends wait for their answers at a time. The sender also waits for the fast
        // reader, because the fast reader must not lag.
        const int InFlight = 64;
        var answers = new Queue<Task<JsonObject>>();
        var padding = new string('.', 500);
        for (var n = 1; n <= messages; n++)
        {
            if (answers.Count == InFlight)
            {
                await answers.Dequeue();
            }

            if (n % InFlight == 0)
            {
                await reader.EventsAsync("busy", n - (2 * InFlight));
            }

            answers.Enqueue(sender.SendAsync("busy", $"{n} {padding}"));
        }

        await Task.WhenAll(answers);
    }

    private static IEnumerable<long> Sequences(int first, int count) => Enumerable.Range(first, count).Select(seq => (long)seq);

    private static long Seq(JsonObject frame) => (long)frame["seq"]!;
}
