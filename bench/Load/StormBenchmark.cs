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
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
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
                + $"{figures.StormP99:0.00} ms meanwhile, longest {figures.StormLongest:0} ms   attempts {figures.MostAttempts} at the most   "
                + $"CPU: gateway {figures.GatewayCpu:0.0} s, silo {figures.SiloCpu:0.0} s, clients {figures.ClientsCpu:0.0} s"));
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

            await using var talk = new Talk(live, options, cancellationToken);
            await Task.Delay(Settle, cancellationToken);
            var before = talk.Measure();
            await Task.Delay(Quiet, cancellationToken);

            var storm = talk.Measure();
            var (killed, cpu) = (Stopwatch.GetTimestamp(), Cpu(cluster));
            await cluster.KillAsync("gateway-1");
            await UntilAsync(() => members.All(member => member.CaughtUp > 0), "all had caught up");
            cpu = [.. Cpu(cluster).Zip(cpu, (now, then) => now - then)];
            talk.Measure();

            await Task.Delay(After, cancellationToken);
            await talk.EndAsync();
            await UntilAsync(() => members.Index().All(one => one.Item.Last == talk.SentIn(one.Index % options.Rooms)), "everything had come");
            if (members.Sum(member => member.Faults) + live.Sum(member => member.Faults) is > 0 and var faults)
            {
                throw new InvalidOperationException($"{faults} deliveries were not the next of their rooms: the run is void.");
            }

            double[] seconds = [.. members.Select(member => Stopwatch.GetElapsedTime(killed, member.CaughtUp).TotalSeconds).Order()];
            return new(
                seconds[^1], seconds[seconds.Length / 2], before.At(0.99), storm.At(0.99), storm.Longest, members.Max(member => member.Attempts), cpu[0], cpu[1], cpu[2]);
        }
        finally
        {
            live.ForEach(reader => reader.Dispose());
        }

        async Task UntilAsync(Func<bool> holds, string awaited)
        {
            for (var from = Stopwatch.GetTimestamp(); !holds(); await Task.Delay(Look, cancellationToken))
            {
                await Task.WhenAll(running.Where(one => one.IsFaulted));
                if (Stopwatch.GetElapsedTime(from) > Patience)
                {
                    throw new InvalidOperationException($"It took longer than {Patience} until {awaited}: the run is void.");
                }
            }
        }
    }

    /// <summary>Seconds of a core so far: the gateway that all come to, the silo, and these clients.</summary>
    private static double[] Cpu(ClusterProcess cluster) =>
        [.. new[] { cluster.Pid("gateway-2"), cluster.Pid("silo-1"), Environment.ProcessId }.Select(ProcessFigures.CpuSeconds)];

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
        Row("CPU meanwhile: the gateway", Results.Median(runs.Select(run => run.GatewayCpu)), "s", "", "");
        Row("the silo", Results.Median(runs.Select(run => run.SiloCpu)), "s", "", "");
        Row("the clients", Results.Median(runs.Select(run => run.ClientsCpu)), "s", "", "");
        report.AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"    dotnet run -c Release --project bench/Load -- storm --runs {options.Runs} --connections {options.Connections} --rooms {options.Rooms} --rate {options.Rate}");
        text = report.ToString();
        return all <= MostSeconds && meanwhile <= MostMs;

        void Row(string what, double figure, string unit, string goal, string holds) =>
            report.AppendLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {figure:0.00} {unit} | {goal} | {holds} |"));
    }

    /// <summary>
    /// The live traffic: everybody on the other gateway says something in turn, as it is due, and is swept over after each turn. On a thread of
    /// its own, for in the pool it would wait behind the thousands whose coming it measures.
    /// </summary>
    private sealed class Talk : IAsyncDisposable
    {
        private readonly List<RoomReader> _live;
        private readonly StormOptions _options;
        private readonly CancellationTokenSource _cut;
        private readonly long[] _sent;
        private readonly Task _talking;
        private volatile Phase _phase = new(new(), 0);
        private volatile bool _ending;

        public Talk(List<RoomReader> live, StormOptions options, CancellationToken cancellationToken)
        {
            (_live, _options, _sent) = (live, options, new long[live.Count]);
            _cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _talking = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        /// <summary>How many messages there are in a room. For after the end.</summary>
        public long SentIn(int room) => _sent[room];

        /// <summary>From now on messages that are due count into these; read them after the next measurement has begun.</summary>
        public Latencies Measure() => (_phase = new(new(), Stopwatch.GetTimestamp())).Latencies;

        /// <summary>Says nothing more, and waits until everything has come.</summary>
        public async Task EndAsync()
        {
            _ending = true;
            await _talking.WaitAsync(Patience, _cut.Token);
        }

        private void Run()
        {
            var (start, said) = (Stopwatch.GetTimestamp(), 0L);
            while (!_ending || _live.Index().Any(one => one.Item.Last < _sent[one.Index]))
            {
                for (; !_ending && start + (said * Stopwatch.Frequency / _options.Rate) is var due && due <= Stopwatch.GetTimestamp(); said++)
                {
                    var speaker = (int)(said % _live.Count);
                    _live[speaker].Socket.SendAsync(Conversation.Send(RoomOf(speaker, _options), ++_sent[speaker], due), _cut.Token).GetAwaiter().GetResult();
                }

                var phase = _phase;
                foreach (var reader in _live)
                {
                    reader.Sweep(phase.From, phase.Latencies);
                }

                if (_cut.Token.WaitHandle.WaitOne(Sweep))
                {
                    return;
                }
            }
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await _cut.CancelAsync();
            await _talking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _cut.Dispose();
        }

        private sealed record Phase(Latencies Latencies, long From);
    }

    private sealed record Figures(
        double AllSeconds, double HalfSeconds, double BeforeP99, double StormP99, double StormLongest, int MostAttempts, double GatewayCpu, double SiloCpu, double ClientsCpu);
}
