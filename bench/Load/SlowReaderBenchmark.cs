using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansChat.Load;

/// <summary>The options of <c>slow</c>.</summary>
/// <param name="Runs">The number of pairs of runs. One run of each pair has the slow reader, the other does
/// not.</param>
/// <param name="Seconds">Measured seconds of each run, after the warm-up.</param>
/// <param name="Readers">Fast readers in the room.</param>
/// <param name="Rate">Messages per second.</param>
/// <param name="SlowBytes">Bytes per second that the slow reader reads.</param>
/// <param name="Results">The directory for the report.</param>
internal sealed record SlowReaderOptions(int Runs, int Seconds, int Readers, int Rate, int SlowBytes, string Results);

/// <summary>
/// Measures what one slow reader costs the other readers, in pairs of runs: one run with the slow reader, and one run
/// without it. A run in which a delivery to another reader is lost, doubled or out of order is invalid. At the end the
/// slow reader reads at full speed. The events that it received and the history of its gaps must together be the whole
/// log.
/// </summary>
internal static class SlowReaderBenchmark
{
    private const string Room = "bench";
    private const double MaxMoreMiB = 50;
    private const double MaxMoreLatency = 1.25;
    private const int LinesPerFrame = 64;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Sweep = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Runs the benchmark, prints a table, and writes the table and its figures to the results directory. Returns 1 if
    /// a goal is not met, otherwise 0.
    /// </summary>
    public static async Task<int> RunAsync(SlowReaderOptions options, CancellationToken cancellationToken)
    {
        List<Pair> pairs = [];
        for (var run = 1; run <= options.Runs; run++)
        {
            // In every second pair, the run with the slow reader is first. So a machine that becomes faster or slower
            // favours neither kind of run.
            var slowFirst = run % 2 == 0;
            var first = await RunOnceAsync(run, slowFirst, options, cancellationToken);
            var second = await RunOnceAsync(run, !slowFirst, options, cancellationToken);
            pairs.Add(slowFirst ? new(second, first) : new(first, second));
        }

        var holds = Report(options, pairs, out var report);
        await Results.WriteAsync(options.Results, "slow", report, new { options, pairs }, cancellationToken);
        return holds ? 0 : 1;
    }

    private static async Task<Figures> RunOnceAsync(int run, bool withSlow, SlowReaderOptions options, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-load-").FullName;
        try
        {
            await using var cluster = await ClusterProcess.StartAsync(
                ["--gateways", "1", "--store", "sqlite", "--data", data], new Dictionary<string, string>(), cancellationToken);
            var figures = await DriveAsync(cluster, withSlow, options, cancellationToken);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"run {run} {(withSlow ? "with   " : "without")}: gateway {figures.MedianMiB,6:0.0} MiB (peak {figures.PeakMiB:0.0})   "
                + $"p50 {figures.P50,7:0.00} ms   p99 {figures.P99,7:0.00} ms   {figures.Deliveries} deliveries   "
                + $"cores: gateway {figures.GatewayCores:0.00}, silo {figures.SiloCores:0.00}, clients {figures.OwnCores:0.00}"));
            if (figures.Slow is { } slow)
            {
                Console.WriteLine($"      the slow reader: {slow}");
            }

            return figures;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<Figures> DriveAsync(ClusterProcess cluster, bool withSlow, SlowReaderOptions options, CancellationToken cancellationToken)
    {
        List<RoomReader> readers = [];
        SlowReader? slow = null;
        using var crawls = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var crawling = Task.CompletedTask;
        try
        {
            slow = withSlow ? await SlowReader.JoinAsync(cluster.Port, Room, cancellationToken) : null;
            crawling = slow?.CrawlAsync(options.SlowBytes, crawls.Token) ?? crawling;
            for (var i = 0; i <= options.Readers; i++)
            {
                // The last reader is the sender. It receives every message too.
                readers.Add(await RoomReader.JoinAsync(cluster.Port, i == options.Readers ? "sender" : $"reader{i}", Room, cancellationToken));
            }

            var load = new Load(cluster, readers, options);
            await load.RunAsync(cancellationToken);
            await crawls.CancelAsync();
            var told = slow is null ? null : await EndAsync(slow, crawling, load.Sent, cancellationToken);
            return load.Figures(told);
        }
        finally
        {
            await crawls.CancelAsync();
            await crawling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            slow?.Dispose();
            readers.ForEach(reader => reader.Dispose());
        }
    }

    /// <summary>
    /// Lets the slow reader read at full speed and fill its gaps from history. Throws if the reader has not received
    /// exactly the events of the log.
    /// </summary>
    private static async Task<SlowFigures> EndAsync(SlowReader slow, Task crawling, long head, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await crawling;
            var (crawled, behind) = (slow.BytesRead, head - slow.Last);
            var started = Stopwatch.GetTimestamp();
            await slow.ReadToAsync(head, patience.Token);
            var caughtUp = Stopwatch.GetElapsedTime(started);
            await slow.FillGapsAsync(patience.Token);
            return slow is { Fault: null } && slow.Pushed + slow.Named == head && slow.Last == head
                ? new(crawled, behind, slow.Pushed, slow.Gaps, slow.Named, caughtUp.TotalSeconds)
                : throw new InvalidOperationException(
                    $"The slow reader did not receive exactly the events of the log: {slow.Fault ?? $"it received {slow.Pushed} events, and gaps named {slow.Named} events, but the log has {head}"}. The run is invalid.");
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            throw new InvalidOperationException($"The slow reader was disconnected at sequence {slow.Last} of {head}: {exception.Message} The run is invalid.", exception);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"The slow reader was at sequence {slow.Last} of {head} after {Patience}: the run is invalid.");
        }
    }

    private static bool Report(SlowReaderOptions options, List<Pair> pairs, out string text)
    {
        var median = Results.Median(pairs.Select(pair => pair.With.MedianMiB - pair.Without.MedianMiB));
        var peak = Results.Median(pairs.Select(pair => pair.With.PeakMiB - pair.Without.PeakMiB));
        var p50 = Results.Median(pairs.Select(pair => pair.With.P50 / pair.Without.P50));
        var p99 = Results.Median(pairs.Select(pair => pair.With.P99 / pair.Without.P99));
        var memoryHolds = median <= MaxMoreMiB && peak <= MaxMoreMiB;
        var latencyHolds = p99 <= MaxMoreLatency;
        var slow = pairs.Select(pair => pair.With.Slow!).ToArray();

        var report = new StringBuilder();
        report.AppendLine(CultureInfo.InvariantCulture, $"# A slow reader, {DateTime.UtcNow:yyyy-MM-dd}");
        report.AppendLine();
        report.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"One reader at {options.SlowBytes} bytes/s and {options.Readers} fast readers in a room with {options.Rate} messages/s of 100 bytes each. One gateway "
            + $"and one silo with SQLite, each as its own process; the clients are in a third process. Medians of {pairs.Count} pairs of runs, with and without the slow reader. Each run is measured for {options.Seconds} s, after {WarmUp.TotalSeconds} s of "
            + $"warm-up. {Results.Machine} Every delivery was checked: each had the right text, none was lost or doubled, and all were in order. Latency is the time from when a message was due "
            + $"until the client process read it. That process reads the sockets of all fast readers at most once per millisecond."));
        report.AppendLine();
        report.AppendLine("| | without | with | difference, median of the pairs | goal | |");
        report.AppendLine("|---|---|---|---|---|---|");
        Row("gateway's memory, median", figures => figures.MedianMiB, "MiB", $"{median:+0.0;-0.0} MiB", $"at most +{MaxMoreMiB} MiB", Results.Holds(median <= MaxMoreMiB));
        Row("gateway's memory, peak", figures => figures.PeakMiB, "MiB", $"{peak:+0.0;-0.0} MiB", $"at most +{MaxMoreMiB} MiB", Results.Holds(peak <= MaxMoreMiB));
        Row("fast readers, p50", figures => figures.P50, "ms", $"x {p50:0.00}", "", "");
        Row("fast readers, p99", figures => figures.P99, "ms", $"x {p99:0.00}", $"at most x {MaxMoreLatency}", Results.Holds(latencyHolds));
        Row("gateway's cores", figures => figures.GatewayCores, "", "", "", "");
        Row("silo's cores", figures => figures.SiloCores, "", "", "", "");
        report.AppendLine();
        report.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"In each of the {slow.Length} runs with the slow reader, this reader kept one connection. Its delivered events and the history of its gaps together were the whole log, in order and without repeats. Before the slow reader "
            + $"read at full speed, it had read at least {slow.Min(of => of.CrawledBytes) / 1024} KiB and was up to {slow.Max(of => of.Behind)} events behind. It caught up within "
            + $"{slow.Max(of => of.CaughtUpSeconds):0.00} s: {slow.Min(of => of.Pushed)} to {slow.Max(of => of.Pushed)} events were delivered, and "
            + $"{slow.Min(of => of.Gaps)} to {slow.Max(of => of.Gaps)} gaps named the other events."));
        report.AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"    dotnet run -c Release --project bench/Load -- slow --runs {options.Runs} --seconds {options.Seconds}");
        text = report.ToString();
        return memoryHolds && latencyHolds;

        void Row(string what, Func<Figures, double> of, string unit, string difference, string goal, string holds) => report.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {Results.Median(pairs.Select(pair => of(pair.Without))):0.00} {unit} | {Results.Median(pairs.Select(pair => of(pair.With))):0.00} {unit} | {difference} | {goal} | {holds} |"));
    }

    /// <summary>The load and the measurement of one run, in one loop.</summary>
    private sealed class Load(ClusterProcess cluster, List<RoomReader> readers, SlowReaderOptions options)
    {
        private readonly Latencies _latencies = new();
        private readonly List<double> _resident = [];
        private readonly int _gateway = cluster.Pid("gateway-1");
        private readonly int _silo = cluster.Pid("silo-1");
        private (double Gateway, double Silo, double Own, long At) _from;
        private (double Gateway, double Silo, double Own, long At) _to;

        public long Sent { get; private set; }

        /// <summary>Sends and receives everything. Throws if the run is invalid.</summary>
        /// <remarks>
        /// <para>
        /// 1. Until all messages are sent, at most once per millisecond: send what is due, and read what all readers
        /// have received. After the warm-up, sample the CPU time once, and the memory once per second.
        /// </para>
        /// <para>2. Sample the CPU time again.</para>
        /// <para>3. Wait up to 60 s until all readers have received everything.</para>
        /// <para>4. Check the deliveries.</para>
        /// </remarks>
        public async Task RunAsync(CancellationToken cancellationToken)
        {
            // Step 1: load.
            var start = Stopwatch.GetTimestamp();
            var measureFrom = start + (long)(WarmUp.TotalSeconds * Stopwatch.Frequency);
            var total = (long)options.Rate * ((int)WarmUp.TotalSeconds + options.Seconds);
            while (Sent < total)
            {
                await SendDueAsync(start, total, cancellationToken);
                Sample(start, measureFrom);
                readers.ForEach(reader => reader.Sweep(measureFrom, _latencies));
                await Task.Delay(Sweep, cancellationToken);
            }

            // Step 2: CPU.
            _to = Cpu();

            // Step 3: receive the remaining messages.
            for (var ended = Stopwatch.GetTimestamp(); readers.Exists(reader => reader.Last < total);)
            {
                readers.ForEach(reader => reader.Sweep(measureFrom, _latencies));
                await Task.Delay(Sweep, cancellationToken);
                if (Stopwatch.GetElapsedTime(ended) > Patience)
                {
                    throw new InvalidOperationException($"{readers.Count(reader => reader.Last < total)} readers have not received everything: the run is invalid.");
                }
            }

            // Step 4: check.
            if (readers.Sum(reader => reader.Faults) is > 0 and var faults)
            {
                throw new InvalidOperationException($"{faults} deliveries were lost, doubled or out of order: the run is invalid.");
            }
        }

        public Figures Figures(SlowFigures? slow)
        {
            var seconds = Stopwatch.GetElapsedTime(_from.At, _to.At).TotalSeconds;
            return new(
                Results.Median(_resident), _resident.Max(), _latencies.At(0.5), _latencies.At(0.99), _latencies.MaxWait, _latencies.Count,
                (_to.Gateway - _from.Gateway) / seconds, (_to.Silo - _from.Silo) / seconds, (_to.Own - _from.Own) / seconds, slow);
        }

        private async Task SendDueAsync(long start, long total, CancellationToken cancellationToken)
        {
            while (true)
            {
                var lines = new List<string>();
                for (var now = Stopwatch.GetTimestamp(); lines.Count < LinesPerFrame && Sent < total; Sent++)
                {
                    var due = start + (Sent * Stopwatch.Frequency / options.Rate);
                    if (due > now)
                    {
                        break;
                    }

                    if (Stopwatch.GetElapsedTime(due, now) > MaxDelay)
                    {
                        throw new InvalidOperationException($"The sender is more than {MaxDelay} late: the run is invalid, because this machine is too busy.");
                    }

                    lines.Add(Conversation.Send(Room, Sent + 1, due));
                }

                if (lines.Count == 0)
                {
                    return;
                }

                await readers[^1].Socket.SendAsync(string.Join('\n', lines), cancellationToken);
            }
        }

        private void Sample(long start, long measureFrom)
        {
            var now = Stopwatch.GetTimestamp();
            if (now < measureFrom || Stopwatch.GetElapsedTime(measureFrom, now).TotalSeconds < _resident.Count)
            {
                return;
            }

            _resident.Add(ProcessFigures.ResidentMiB(_gateway));
            if (_resident.Count == 1)
            {
                _from = Cpu();
            }
        }

        private (double, double, double, long) Cpu() => (
            ProcessFigures.CpuSeconds(_gateway), ProcessFigures.CpuSeconds(_silo), ProcessFigures.CpuSeconds(Environment.ProcessId), Stopwatch.GetTimestamp());
    }

    private sealed record Pair(Figures Without, Figures With);

    private sealed record Figures(
        double MedianMiB, double PeakMiB, double P50, double P99, double MaxMs, long Deliveries, double GatewayCores, double SiloCores,
        double OwnCores, SlowFigures? Slow);

    private sealed record SlowFigures(long CrawledBytes, long Behind, long Pushed, int Gaps, long Named, double CaughtUpSeconds);
}
