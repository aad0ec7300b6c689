using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansChat.Load;

/// <summary>The options of <c>storm</c>.</summary>
/// <param name="Connections">The number of connections of the gateway that is killed.</param>
/// <param name="Rooms">The number of rooms; each connection is in one of them.</param>
/// <param name="Rate">Messages per second, all rooms together.</param>
/// <param name="Results">The directory for the report.</param>
internal sealed record StormOptions(int Runs, int Connections, int Rooms, int Rate, string Results);

/// <summary>
/// Kills a gateway with thousands of connections. All its clients reconnect to the other gateway with their cursors.
/// Meanwhile one member per room keeps sending on the other gateway. Every delivery is checked. For a client that
/// reconnects, the events of both connections are checked together. A run in which a delivery is lost, doubled or out
/// of order is invalid.
/// </summary>
internal static class StormBenchmark
{
    private const int ConnectAtATime = 64;
    private const int SpareFiles = 1000;
    private const double MaxSeconds = 10;
    private const double MaxMs = 250;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Sweep = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Runs the benchmark, prints a table, and writes the table and its figures to the results directory. Returns 0; 1
    /// if a goal is not met; 2 if this process may not open so many connections.
    /// </summary>
    public static async Task<int> RunAsync(StormOptions options, CancellationToken cancellationToken)
    {
        if (ProcessFigures.MaxFiles() < options.Connections + options.Rooms + SpareFiles)
        {
            Console.WriteLine(
                $"{options.Connections} connections are too many: a process may have {ProcessFigures.MaxFiles()} open files (ulimit -n), and needs one for each connection and each room, and "
                + $"{SpareFiles} more. Raise the limit, or choose a smaller number for --connections.");
            return 2;
        }

        List<Figures> runs = [];
        for (var run = 1; run <= options.Runs; run++)
        {
            var figures = await RunOnceAsync(options, cancellationToken);
            runs.Add(figures);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"run {run}: all caught up after {figures.AllSeconds:0.00} s (half of them after {figures.HalfSeconds:0.00} s)   live p99 {figures.BeforeP99:0.00} ms before, "
                + $"{figures.StormP99:0.00} ms during the storm, longest {figures.StormMax:0} ms   at most {figures.MaxAttempts} attempts   "
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

    /// <summary>
    /// Performs one run, after <paramref name="members"/> have joined on the first gateway. Throws if the run is
    /// invalid.
    /// </summary>
    /// <remarks>
    /// <para>
    /// 1. One more member per room joins on the second gateway, and these members start to send (<see cref="Talk"/>).
    /// </para>
    /// <para>2. After 5 s, measure the latency of their messages for 10 s.</para>
    /// <para>3. Kill the first gateway, and measure until all of its members have caught up on the second.</para>
    /// <para>4. After 3 s, end the sending, and wait until everything has been received.</para>
    /// <para>5. Check the deliveries.</para>
    /// </remarks>
    private static async Task<Figures> StormAsync(
        ClusterProcess cluster, StormMember[] members, Task[] running, StormOptions options, CancellationToken cancellationToken)
    {
        List<RoomReader> live = [];
        try
        {
            // Step 1: live traffic.
            for (var i = 0; i < options.Rooms; i++)
            {
                live.Add(await RoomReader.JoinAsync(cluster.Port + 1, $"live{i}", RoomOf(i, options), cancellationToken));
            }

            await using var talk = new Talk(live, options, cancellationToken);

            // Step 2: measure without a storm.
            await Task.Delay(Settle, cancellationToken);
            var before = talk.Measure();
            await Task.Delay(Quiet, cancellationToken);

            // Step 3: the storm.
            var storm = talk.Measure();
            var (killed, cpu) = (Stopwatch.GetTimestamp(), Cpu(cluster));
            await cluster.KillAsync("gateway-1");
            await UntilAsync(() => members.All(member => member.CaughtUp > 0), "all members had caught up");
            cpu = [.. Cpu(cluster).Zip(cpu, (now, then) => now - then)];
            talk.Measure();

            // Step 4: the end.
            await Task.Delay(After, cancellationToken);
            await talk.EndAsync();
            await UntilAsync(() => members.Index().All(one => one.Item.Last == talk.SentIn(one.Index % options.Rooms)), "everything was received");

            // Step 5: check.
            if (members.Sum(member => member.Faults) + live.Sum(member => member.Faults) is > 0 and var faults)
            {
                throw new InvalidOperationException($"{faults} deliveries were lost, doubled or out of order: the run is invalid.");
            }

            double[] seconds = [.. members.Select(member => Stopwatch.GetElapsedTime(killed, member.CaughtUp).TotalSeconds).Order()];
            return new(
                seconds[^1], seconds[seconds.Length / 2], before.At(0.99), storm.At(0.99), storm.MaxWait, members.Max(member => member.Attempts), cpu[0], cpu[1], cpu[2]);
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
                    throw new InvalidOperationException($"It took longer than {Patience} until {awaited}: the run is invalid.");
                }
            }
        }
    }

    /// <summary>Returns the CPU seconds that the second gateway, the silo and this process have used so far.</summary>
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
            $"A gateway with {options.Connections} connections is killed (SIGKILL). Its clients reconnect to the other gateway with their cursors, each after a random 0.5 to 1 s, as the protocol requires. "
            + $"In each of {options.Rooms} rooms, one member on the other gateway keeps sending: {options.Rate} messages of 100 bytes per second in all rooms together. Two gateways and one silo with SQLite; "
            + $"the clients are in a fourth process. Medians of {runs.Count} runs. {Results.Machine} Every delivery was checked, over both connections of each client that reconnected: none was lost or doubled, and all were in order."));
        report.AppendLine();
        report.AppendLine("| | | goal | |");
        report.AppendLine("|---|---|---|---|");
        Row("from the kill until all clients have caught up", all, "s", $"at most {MaxSeconds} s", Results.Holds(all <= MaxSeconds));
        Row("from the kill until half of the clients have caught up", Results.Median(runs.Select(run => run.HalfSeconds)), "s", "", "");
        Row("p99 of live traffic before the storm", Results.Median(runs.Select(run => run.BeforeP99)), "ms", "", "");
        Row("p99 of live traffic during the storm", meanwhile, "ms", $"at most {MaxMs} ms", Results.Holds(meanwhile <= MaxMs));
        Row("longest latency of live traffic during the storm", Results.Median(runs.Select(run => run.StormMax)), "ms", "", "");
        Row("CPU during the storm: second gateway", Results.Median(runs.Select(run => run.GatewayCpu)), "s", "", "");
        Row("CPU during the storm: silo", Results.Median(runs.Select(run => run.SiloCpu)), "s", "", "");
        Row("CPU during the storm: clients", Results.Median(runs.Select(run => run.ClientsCpu)), "s", "", "");
        report.AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"    dotnet run -c Release --project bench/Load -- storm --runs {options.Runs} --connections {options.Connections} --rooms {options.Rooms} --rate {options.Rate}");
        text = report.ToString();
        return all <= MaxSeconds && meanwhile <= MaxMs;

        void Row(string what, double figure, string unit, string goal, string holds) =>
            report.AppendLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {figure:0.00} {unit} | {goal} | {holds} |"));
    }

    /// <summary>
    /// Produces the live traffic: the members on the second gateway send in turn, each message when it is due, and read
    /// what they have received. The traffic has its own thread. In the thread pool, the traffic would wait until this
    /// process had handled thousands of reconnects, and the latencies would include this wait.
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

        /// <summary>
        /// Returns the number of messages in a room. Call this method only after <see cref="EndAsync"/>.
        /// </summary>
        public long SentIn(int room) => _sent[room];

        /// <summary>
        /// Starts a measurement: the result counts messages that are due from now on. Read the result only after the
        /// next measurement has started.
        /// </summary>
        public Latencies Measure() => (_phase = new(new(), Stopwatch.GetTimestamp())).Latencies;

        /// <summary>Ends the sending, and waits up to 90 s until everything has been received.</summary>
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
        double AllSeconds, double HalfSeconds, double BeforeP99, double StormP99, double StormMax, int MaxAttempts, double GatewayCpu, double SiloCpu, double ClientsCpu);
}
