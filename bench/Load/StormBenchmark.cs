using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansChat.Load;

/// <summary>What a run of the storm does.</summary>
internal sealed record StormOptions(int Runs, int Connections, int Rooms, int Rate, string Results);

/// <summary>
/// A gateway with thousands of connections is killed, and all come to the other one with their cursors, while people there talk on. Every
/// delivery is checked, across the two connections; a run in which one is lost, doubled or out of order is void.
/// </summary>
internal static class StormBenchmark
{
    private const int ConnectAtATime = 64;
    private const int SpareFiles = 1000;
    private const double MostSeconds = 10;
    private const double MostMs = 250;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Sweep = TimeSpan.FromMilliseconds(1);

    /// <summary>Runs, prints a table, and writes it with its figures. 1 where a goal does not hold, 2 where so many connections do not fit.</summary>
    public static async Task<int> RunAsync(StormOptions options, CancellationToken cancellationToken)
    {
        if (ProcessFigures.MostFiles() < options.Connections + options.Rooms + SpareFiles)
        {
            Console.WriteLine(
                $"{options.Connections} connections do not fit: a process may have {ProcessFigures.MostFiles()} files open here (ulimit -n), and needs one for each and "
                + $"{SpareFiles} more.");
            return 2;
        }

        List<Figures> runs = [];
        for (var run = 1; run <= options.Runs; run++)
        {
            var figures = await RunOnceAsync(options, cancellationToken);
            runs.Add(figures);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"run {run}: all caught up after {figures.AllSeconds:0.00} s (half of them {figures.HalfSeconds:0.00} s)   live p99 {figures.BeforeP99:0.00} ms before, "
                + $"{figures.StormP99:0.00} ms meanwhile, longest {figures.StormLongest:0} ms   attempts {figures.MostAttempts} at the most"));
        }

        var holds = Report(options, runs, out var report);
        await Results.WriteAsync(options.Results, "storm", report, new { options, runs }, cancellationToken);
        return holds ? 0 : 1;
    }

    private static async Task<Figures> RunOnceAsync(StormOptions options, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-load-").FullName;
        try
        {
            await using var cluster = await ClusterProcess.StartAsync(
                ["--gateways", "2", "--store", "sqlite", "--restart", "off", "--data", data], new Dictionary<string, string>(), cancellationToken);
            var members = Enumerable.Range(0, options.Connections).Select(i => new StormMember($"member{i}", RoomOf(i, options))).ToArray();
            await Parallel.ForEachAsync(
                members,
                new ParallelOptions { MaxDegreeOfParallelism = ConnectAtATime, CancellationToken = cancellationToken },
                async (member, cancelled) => await member.JoinAsync(cluster.Port, cancelled));

            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = members.Select(member => member.RunAsync(cluster.Port + 1, over.Token)).ToArray();
            try
            {
                return await StormAsync(cluster, members, running, options, cancellationToken);
            }
            finally
            {
                await over.CancelAsync();
                await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<Figures> StormAsync(
        ClusterProcess cluster, StormMember[] members, Task[] running, StormOptions options, CancellationToken cancellationToken)
    {
        List<RoomReader> live = [];
        try
        {
            for (var i = 0; i < options.Rooms; i++)
            {
                live.Add(await RoomReader.JoinAsync(cluster.Port + 1, $"live{i}", RoomOf(i, options), cancellationToken));
            }

            var talk = new Talk(live, options);
            Latencies before = new(), storm = new();
            await talk.UntilAsync(before, Quiet, () => true, cancellationToken);
            var killed = Stopwatch.GetTimestamp();
            await cluster.KillAsync("gateway-1");
            await talk.UntilAsync(storm, TimeSpan.Zero, () => members.All(member => member.CaughtUp > 0) || running.Any(one => one.IsFaulted), cancellationToken);
            await talk.UntilAsync(new(), After, () => true, cancellationToken);
            await talk.EndAsync(
                () => members.Index().All(one => one.Item.Last == talk.SentIn(one.Index % options.Rooms)) || running.Any(one => one.IsFaulted), cancellationToken);
            await Task.WhenAll(running.Where(one => one.IsFaulted));
            if (members.Sum(member => member.Faults) + live.Sum(member => member.Faults) is > 0 and var faults)
            {
                throw new InvalidOperationException($"{faults} deliveries were not the next of their rooms: the run is void.");
            }

            double[] seconds = [.. members.Select(member => Stopwatch.GetElapsedTime(killed, member.CaughtUp).TotalSeconds).Order()];
            return new(seconds[^1], seconds[seconds.Length / 2], before.At(0.99), storm.At(0.99), storm.Longest, members.Max(member => member.Attempts));
        }
        finally
        {
            live.ForEach(reader => reader.Dispose());
        }
    }

    private static string RoomOf(int member, StormOptions options) => $"storm-{member % options.Rooms}";

    private static bool Report(StormOptions options, List<Figures> runs, out string text)
    {
        var (all, meanwhile) = (Results.Median(runs.Select(run => run.AllSeconds)), Results.Median(runs.Select(run => run.StormP99)));
        var report = new StringBuilder();
        report.AppendLine(CultureInfo.InvariantCulture, $"# A storm of reconnects, {DateTime.UtcNow:yyyy-MM-dd}");
        report.AppendLine();
        report.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Connections} connections of a gateway that is killed (SIGKILL) come to the other one with their cursors, each after a random 0.5 to 1 s as the protocol has it. "
            + $"{options.Rooms} rooms; in each one person on the other gateway talks on, {options.Rate} messages of 100 bytes a second in all. Two gateways and one silo on SQLite, the "
            + $"clients in a fourth process. Medians of {runs.Count} runs. {Results.Machine} Every delivery was checked across the two connections: none lost, none doubled, all in order."));
        report.AppendLine();
        report.AppendLine("| | | goal | |");
        report.AppendLine("|---|---|---|---|");
        Row("from the kill until all have caught up", all, "s", $"at most {MostSeconds} s", Results.Holds(all <= MostSeconds));
        Row("until half of them have", Results.Median(runs.Select(run => run.HalfSeconds)), "s", "", "");
        Row("live traffic's p99, before", Results.Median(runs.Select(run => run.BeforeP99)), "ms", "", "");
        Row("live traffic's p99, meanwhile", meanwhile, "ms", $"at most {MostMs} ms", Results.Holds(meanwhile <= MostMs));
        Row("the longest, meanwhile", Results.Median(runs.Select(run => run.StormLongest)), "ms", "", "");
        report.AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"    dotnet run -c Release --project bench/Load -- storm --runs {options.Runs} --connections {options.Connections} --rooms {options.Rooms} --rate {options.Rate}");
        text = report.ToString();
        return all <= MostSeconds && meanwhile <= MostMs;

        void Row(string what, double figure, string unit, string goal, string holds) =>
            report.AppendLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {figure:0.00} {unit} | {goal} | {holds} |"));
    }

    /// <summary>The live traffic: everybody on the other gateway says something in turn, as it is due, and is swept over after each turn.</summary>
    private sealed class Talk(List<RoomReader> live, StormOptions options)
    {
        private readonly long[] _sent = new long[live.Count];
        private long _start;
        private long _said;

        /// <summary>How many messages there are in a room.</summary>
        public long SentIn(int room) => _sent[room];

        /// <summary>Talks for at least so long, and until what is awaited.</summary>
        public async Task UntilAsync(Latencies latencies, TimeSpan least, Func<bool> over, CancellationToken cancellationToken)
        {
            var from = Stopwatch.GetTimestamp();
            _start = _start == 0 ? from : _start;
            while (Stopwatch.GetElapsedTime(from) < least || !over())
            {
                await SayDueAsync(cancellationToken);
                await TurnAsync(from, from, latencies, cancellationToken);
            }
        }

        /// <summary>Says nothing more, and waits until everything has come.</summary>
        public async Task EndAsync(Func<bool> allCame, CancellationToken cancellationToken)
        {
            var from = Stopwatch.GetTimestamp();
            while (!allCame() || live.Index().Any(one => one.Item.Last < _sent[one.Index]))
            {
                await TurnAsync(from, from, new(), cancellationToken);
            }
        }

        private async Task TurnAsync(long from, long measureFrom, Latencies latencies, CancellationToken cancellationToken)
        {
            live.ForEach(reader => reader.Sweep(measureFrom, latencies));
            await Task.Delay(Sweep, cancellationToken);
            if (Stopwatch.GetElapsedTime(from) > Patience)
            {
                throw new InvalidOperationException($"Not everything came within {Patience}: the run is void.");
            }
        }

        private async Task SayDueAsync(CancellationToken cancellationToken)
        {
            for (; _start + (_said * Stopwatch.Frequency / options.Rate) is var due && due <= Stopwatch.GetTimestamp(); _said++)
            {
                var speaker = (int)(_said % live.Count);
                await live[speaker].Socket.SendAsync(Conversation.Send(RoomOf(speaker, options), ++_sent[speaker], due), cancellationToken);
            }
        }
    }

    private sealed record Figures(double AllSeconds, double HalfSeconds, double BeforeP99, double StormP99, double StormLongest, int MostAttempts);
}
