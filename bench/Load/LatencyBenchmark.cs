using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansChat.Load;

/// <summary>The options of <c>latency</c>.</summary>
/// <param name="Runs">The number of runs with each kind of message log.</param>
/// <param name="Seconds">Measured seconds of each run, after the warm-up.</param>
/// <param name="Rate">Messages per second.</param>
/// <param name="Results">The directory for the report.</param>
internal sealed record LatencyOptions(int Runs, int Seconds, int Members, int Rate, string Results);

/// <summary>
/// Measures latency under light load: the time from a send until each member of the room has received the message. The
/// runs with the different kinds of message log alternate. So if other work slows the machine for a long time, it slows
/// the runs of all kinds. A run in which a delivery is lost, doubled or out of order is invalid.
/// </summary>
internal static class LatencyBenchmark
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Asking = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(500);
    private static readonly string Padding = new('x', 80);

    private static readonly Setting[] Settings =
    [
        new("memory log", "memory"),
        new("SQLite (FULL)", "sqlite"),
    ];

    /// <summary>
    /// Runs the benchmark, prints a table, and writes the table and its figures to the results directory.
    /// </summary>
    public static async Task<int> RunAsync(LatencyOptions options, CancellationToken cancellationToken)
    {
        var runs = Settings.ToDictionary(setting => setting, _ => new List<Figures>());
        List<Disk> disk = [];
        for (var run = 1; run <= options.Runs; run++)
        {
            foreach (var setting in Settings)
            {
                var figures = await RunOnceAsync(setting, options, cancellationToken);
                runs[setting].Add(figures);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"run {run}: {setting.Name,-48} p50 {figures.P50,7:0.00} ms   p99 {figures.P99,7:0.00} ms   {figures.Deliveries} deliveries"));
            }

            var syncs = await DiskBenchmark.RunAsync(options.Rate, Asking, cancellationToken);
            disk.Add(new(Figures.At(syncs, 0.5), Figures.At(syncs, 0.99)));
        }

        var report = Report(options, runs, disk);
        Console.WriteLine();
        Console.WriteLine(report);
        Directory.CreateDirectory(options.Results);
        var name = Path.Combine(options.Results, $"{DateTime.UtcNow:yyyy-MM-dd}-latency");
        await File.WriteAllTextAsync(name + ".md", report, cancellationToken);
        await File.WriteAllTextAsync(
            name + ".json",
            JsonSerializer.Serialize(new { options, runs = runs.ToDictionary(of => of.Key.Name, of => of.Value), disk }, JsonSerializerOptions.Web),
            cancellationToken);
        return 0;
    }

    private static async Task<Figures> RunOnceAsync(Setting setting, LatencyOptions options, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-load-").FullName;
        try
        {
            string[] arguments = ["--gateways", "1", "--store", setting.Store, "--data", data];
            var settings = new Dictionary<string, string> { ["Connections:CommandsPerSecond"] = "1000000" };
            await using var cluster = await ClusterProcess.StartAsync(arguments, settings, cancellationToken);
            return await DriveAsync(cluster.Port, options, cancellationToken);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>Performs one run on a running cluster. Throws if the run is invalid.</summary>
    /// <remarks>
    /// <para>1. All members join the room, and each starts to receive.</para>
    /// <para>2. The first member sends each message when it is due, through the warm-up and the measured time.</para>
    /// <para>3. Wait up to 10 s until every member has received everything, and check the deliveries.</para>
    /// <para>4. Measure the round trips of <c>ping</c> and <c>who</c> at the same rate.</para>
    /// </remarks>
    private static async Task<Figures> DriveAsync(int port, LatencyOptions options, CancellationToken cancellationToken)
    {
        // Step 1: members.
        var members = Enumerable.Range(0, options.Members)
            .Select(i => new ChatMember(new($"ws://127.0.0.1:{port}/ws?user=member{i}"), "bench")).ToArray();
        foreach (var member in members)
        {
            await member.JoinAsync(cancellationToken);
        }

        var sent = 0;
        var ended = false;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = members.Select(member => member.ReceiveAllAsync(() => Volatile.Read(ref ended) ? sent : int.MaxValue, deadline.Token)).ToArray();

        // Step 2: send.
        var start = Stopwatch.GetTimestamp();
        var measureFrom = start + (long)(WarmUp.TotalSeconds * Stopwatch.Frequency);
        Array.ForEach(members, member => member.MeasureFrom = measureFrom);
        var total = options.Rate * ((int)WarmUp.TotalSeconds + options.Seconds);
        while (sent < total)
        {
            var due = start + ((long)sent * Stopwatch.Frequency / options.Rate);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, cancellationToken);
            }
            else if (early < -MaxDelay)
            {
                throw new InvalidOperationException($"The sender is {-early.TotalMilliseconds:0} ms late: the run is invalid, because this machine is too busy.");
            }

            sent++;
            if (sent == total)
            {
                Volatile.Write(ref ended, true);
            }

            await members[0].SendAsync(sent, Padding, cancellationToken);
        }

        // Step 3: check.
        deadline.CancelAfter(TimeSpan.FromSeconds(10));
        await Task.WhenAll(receiving);
        var faults = members.Sum(member => member.Faults);
        if (faults > 0)
        {
            throw new InvalidOperationException($"{faults} deliveries were lost, doubled or out of order: the run is invalid.");
        }

        // Step 4: round trips.
        var ping = await RoundTripAsync(members[0], """{"t":"ping","id":"p"}""", "pong", options.Rate, cancellationToken);
        var who = await RoundTripAsync(members[0], """{"t":"who","id":"w","room":"bench"}""", "who", options.Rate, cancellationToken);
        Array.ForEach(members, member => member.Dispose());
        return Figures.Of([.. members.SelectMany(member => member.Latencies).Order()], [.. members[0].Answers.Order()], ping, who);
    }

    /// <summary>
    /// Sends a command that changes nothing, <paramref name="rate"/> times per second. Returns the median round trip in
    /// milliseconds.
    /// </summary>
    private static async Task<double> RoundTripAsync(ChatMember member, string question, string answer, int rate, CancellationToken cancellationToken)
    {
        var count = (int)(Asking.TotalSeconds * rate);
        List<double> took = [];
        var start = Stopwatch.GetTimestamp();
        for (var asked = 0; asked < count; asked++)
        {
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), start + ((long)asked * Stopwatch.Frequency / rate));
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, cancellationToken);
            }

            took.Add(await member.AskAsync(question, answer, cancellationToken));
        }

        // Leave out the first quarter as warm-up, because .NET has not optimized this code yet.
        return Results.Median(took.Skip(count / 4));
    }

    private static string Report(LatencyOptions options, Dictionary<Setting, List<Figures>> runs, List<Disk> disk)
    {
        var report = new StringBuilder();
        report.AppendLine(CultureInfo.InvariantCulture, $"# Latency, {DateTime.UtcNow:yyyy-MM-dd}");
        report.AppendLine();
        report.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The time from a client's send to each member's receipt: one room of {options.Members} members, one sender, {options.Rate} messages per second of about 100 bytes each. One gateway "
            + $"and one silo, each as its own process; the clients are in a third process. Medians of {options.Runs} runs of {options.Seconds} s with each log; the runs with the two logs alternate. "
            + $"{Environment.ProcessorCount} cores shared by all processes; {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription.Split('#')[0].Trim()}. "
            + $"Every delivery was checked."));
        report.AppendLine();
        report.AppendLine("| | p50 | p90 | p99 | p50 of the `ok` | p50 from the room on | p50 of a `ping` | p50 of a `who` |");
        report.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (var (setting, figures) in runs)
        {
            var p50 = Median(figures, one => one.P50);
            report.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {setting.Name} | {p50:0.00} ms | {Median(figures, one => one.P90):0.00} ms | {Median(figures, one => one.P99):0.00} ms "
                + $"| {Median(figures, one => one.Ok):0.00} ms | {Median(figures, one => one.FromRoom):0.00} ms "
                + $"| {Median(figures, one => one.Ping):0.00} ms | {Median(figures, one => one.Who):0.00} ms |"));
        }

        report.AppendLine();
        report.AppendLine("\"From the room on\" is an estimate: the whole latency minus half of the time from the send to its `ok`. The estimate takes this half as the time from the client to the room. With a durable log, this half also contains half of the commit. "
            + "The gateway answers a `ping`. The room's grain answers a `who` from its memory. A `who` takes the path of a message (client, gateway, silo, gateway, client). So its time is the minimum for a message if every hop is an Orleans call. "
            + "A message takes longer because it is stored in the log, and because it returns through the stream and not as an answer to a call.");
        report.AppendLine();
        report.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"After each round of runs, 12 KiB of a file were overwritten and synced (`fsync`) {options.Rate} times per second. "
            + $"The disk alone took for one such write: "
            + $"p50 {Results.Median(disk.Select(one => one.P50)):0.00} ms, p99 {Results.Median(disk.Select(one => one.P99)):0.00} ms."));

        report.AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"    dotnet run -c Release --project bench/Load -- latency --runs {options.Runs} --seconds {options.Seconds}");
        return report.ToString();
    }

    private static double Median(List<Figures> runs, Func<Figures, double> of)
    {
        var sorted = runs.Select(of).Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private sealed record Setting(string Name, string Store);

    /// <summary>Percentiles of the time for one write with its sync, in milliseconds.</summary>
    private sealed record Disk(double P50, double P99);

    private sealed record Figures(double P50, double P90, double P99, double Ok, double Ping, double Who, int Deliveries)
    {
        public double FromRoom => P50 - (Ok / 2);

        public static Figures Of(double[] sorted, double[] answers, double ping, double who) =>
            new(At(sorted, 0.5), At(sorted, 0.9), At(sorted, 0.99), At(answers, 0.5), ping, who, sorted.Length);

        public static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }
}
