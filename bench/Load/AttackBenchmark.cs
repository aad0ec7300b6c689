using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansChat.Load;

/// <summary>The options of <c>attack</c>.</summary>
/// <param name="Runs">The number of rounds over all attacks.</param>
/// <param name="Seconds">How many seconds to measure before each attack, and how many during it.</param>
/// <param name="Results">The directory for the report.</param>
internal sealed record AttackOptions(int Runs, int Seconds, string Results);

/// <summary>
/// Measures what hostile clients cost another user of the same gateway, with the default limits. The other user sends a
/// message every 110 ms and waits for its <c>ok</c>. If the gateway refuses a message, the run is invalid. For each
/// attack, the benchmark starts a new cluster. It first measures before the attack, then for the same duration during
/// the attack.
/// </summary>
internal sealed class AttackBenchmark(AttackOptions options)
{
    private const int Names = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(110);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private static readonly Attack[] Attacks =
    [
        new("joins of rooms that do not exist", "one user on four connections joins 200 rooms with new names, reconnects and repeats this", 4, JoinAsync),
        new("cursors of rooms that do not exist", "one user on four connections resumes 200 rooms with new names, reconnects and repeats this", 4, ResumeAsync),
        new("requests about rooms that do not exist", "one user on four connections sends `who` and `history` for rooms with new names", 4, AskAsync),
        new("reconnects", "one user opens connections as fast as possible, in four loops", 4, ReconnectAsync),
        new("pages", "thirty users request full pages of history and never read the answers", 30, PageAsync),
        new("silent sockets", "1,000 sockets send nothing", 1000, StaySilentAsync),
    ];

    private delegate Task Loop(Target target, int number, CancellationToken cancellationToken);

    /// <summary>
    /// Runs the benchmark, prints a table, and writes the table and its figures to the results directory.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        List<Figures> all = [];
        for (var run = 1; run <= options.Runs; run++)
        {
            foreach (var attack in Attacks)
            {
                var figures = await RunOnceAsync(attack, cancellationToken);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"run {run} {attack.Name,-38} p50 {figures.Calm.P50:0.0} → {figures.Attacked.P50:0.0} ms   p99 {figures.Calm.P99:0.0} → {figures.Attacked.P99:0.0} ms   "
                    + $"longest {figures.Attacked.Longest:0} ms   {figures.Rounds} rounds of the attack"));
                all.Add(figures);
            }
        }

        await Results.WriteAsync(options.Results, "attack", Report(all), new { options, all }, cancellationToken);
        return 0;
    }

    private async Task<Figures> RunOnceAsync(Attack attack, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-load-").FullName;
        try
        {
            await using var cluster = await ClusterProcess.StartAsync(
                ["--gateways", "1", "--store", "sqlite", "--data", data, "--limits", "on"], new Dictionary<string, string>(), cancellationToken);
            using var bystander = await FrameSocket.ConnectAsync(cluster.Port, "bystander", null, cancellationToken);
            await Conversation.JoinAsync(bystander, "bench", cancellationToken);
            await FillAsync(cluster.Port, attack, cancellationToken);
            await TalkAsync(bystander, "w", WarmUp, cancellationToken);
            var calm = await TalkAsync(bystander, "c", TimeSpan.FromSeconds(options.Seconds), cancellationToken);

            var target = new Target(cluster.Port);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var attacking = Enumerable.Range(0, attack.Loops).Select(number => RepeatAsync(attack, target, number, over.Token)).ToArray();
            var attacked = await TalkAsync(bystander, "a", TimeSpan.FromSeconds(options.Seconds), cancellationToken);
            await over.CancelAsync();
            await Task.WhenAll(attacking);
            return new(attack.Name, calm, attacked, target.Rounds);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>
    /// Sends a message every 110 ms and waits for its <c>ok</c>. Throws <see cref="IOException"/> if the gateway
    /// answers with an error.
    /// </summary>
    private static async Task<Percentiles> TalkAsync(FrameSocket socket, string ids, TimeSpan time, CancellationToken cancellationToken)
    {
        var (began, latencies, sent) = (Stopwatch.GetTimestamp(), new Latencies(), 0);
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            var asked = Stopwatch.GetTimestamp();
            await Conversation.AskAsync(socket, $$"""{"t":"send","id":"{{ids}}{{sent++}}","room":"bench","text":"hello"}""", "ok", cancellationToken);
            var took = Stopwatch.GetElapsedTime(asked);
            latencies.Add(took);
            if (took < Interval)
            {
                await Task.Delay(Interval - took, cancellationToken);
            }
        }

        return new(sent, latencies.At(0.5), latencies.At(0.99), latencies.MaxWait);
    }

    /// <summary>If the attack requests pages of history, fills the room with one page of about 240 KB.</summary>
    private static async Task FillAsync(int port, Attack attack, CancellationToken cancellationToken)
    {
        if (attack.Run != PageAsync)
        {
            return;
        }

        using var writer = await FrameSocket.ConnectAsync(port, "writer", null, cancellationToken);
        await Conversation.JoinAsync(writer, "history", cancellationToken);
        for (var sent = 0; sent < 60; sent++)
        {
            await Conversation.AskAsync(writer, $$"""{"t":"send","id":"{{sent}}","room":"history","text":"{{new string('x', 4000)}}"}""", "ok", cancellationToken);
            await Task.Delay(Interval, cancellationToken);
        }
    }

    private static async Task RepeatAsync(Attack attack, Target target, int number, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await attack.Run(target, number, cancellationToken);
                target.CountRound();
            }
            catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
            {
                // The connection was refused or closed. An attacker tries again at once.
                await Task.Yield();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task JoinAsync(Target target, int number, CancellationToken cancellationToken)
    {
        using var socket = await HelloAsync(target, "mallory", "{}", cancellationToken);
        foreach (var some in NewNames().Chunk(50))
        {
            await socket.SendAsync(string.Join('\n', some.Select(name => $$"""{"t":"join","id":"j","room":"{{name}}"}""")), cancellationToken);
        }

        await LinesAsync(socket, Names, cancellationToken);
    }

    private static async Task ResumeAsync(Target target, int number, CancellationToken cancellationToken)
    {
        using var socket = await HelloAsync(
            target, "mallory", $"{{{string.Join(',', NewNames().Select(name => $"\"{name}\":{{\"seq\":0}}"))}}}", cancellationToken);
        await LinesAsync(socket, Names, cancellationToken);
    }

    private static async Task AskAsync(Target target, int number, CancellationToken cancellationToken)
    {
        using var socket = await HelloAsync(target, "mallory", "{}", cancellationToken);
        foreach (var some in NewNames().Chunk(20))
        {
            await socket.SendAsync(
                string.Join('\n', some.Select(name => $$"""{"t":"who","id":"w","room":"{{name}}"}""" + "\n" + $$"""{"t":"history","id":"h","room":"{{name}}"}""")),
                cancellationToken);
        }

        await LinesAsync(socket, 2 * Names, cancellationToken);
    }

    private static async Task ReconnectAsync(Target target, int number, CancellationToken cancellationToken)
    {
        using var socket = await HelloAsync(target, "mallory", "{}", cancellationToken);
    }

    private static async Task PageAsync(Target target, int number, CancellationToken cancellationToken)
    {
        using var socket = await FrameSocket.ConnectAsync(target.Port, $"mallory-{number}", 4 * 1024, cancellationToken);
        await Conversation.AskAsync(socket, """{"t":"hello"}""", "welcome", cancellationToken);
        for (var asked = 0; asked < 20; asked++)
        {
            await socket.SendAsync("""{"t":"history","id":"h","room":"history","limit":100}""", cancellationToken);
        }

        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
    }

    private static async Task StaySilentAsync(Target target, int number, CancellationToken cancellationToken)
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        await socket.ConnectAsync(System.Net.IPAddress.Loopback, target.Port, cancellationToken);
        await socket.ReceiveAsync(new byte[1], cancellationToken);
    }

    private static async Task<FrameSocket> HelloAsync(Target target, string user, string rooms, CancellationToken cancellationToken)
    {
        var socket = await FrameSocket.ConnectAsync(target.Port, user, null, cancellationToken);
        try
        {
            await Conversation.AskAsync(socket, $$"""{"t":"hello","rooms":{{rooms}}}""", "welcome", cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads until <paramref name="count"/> lines have arrived. The lines may contain anything.</summary>
    private static async Task LinesAsync(FrameSocket socket, int count, CancellationToken cancellationToken)
    {
        while ((count -= TakeLines(socket)) > 0)
        {
            await socket.ReadAsync(64 * 1024, cancellationToken);
        }
    }

    private static int TakeLines(FrameSocket socket)
    {
        var lines = 0;
        while (socket.TryTake(out var frame))
        {
            while (Line.TryTake(ref frame, out _))
            {
                lines++;
            }
        }

        return lines;
    }

    private static string[] NewNames() => [.. Enumerable.Range(0, Names).Select(_ => $"x-{RandomNumberGenerator.GetHexString(16, lowercase: true)}")];

    private string Report(List<Figures> all)
    {
        var report = new StringBuilder();
        report.AppendLine(CultureInfo.InvariantCulture, $"# Attacks, {DateTime.UtcNow:yyyy-MM-dd}");
        report.AppendLine();
        report.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"One user sends a message every {Interval.TotalMilliseconds:0} ms and waits for its `ok`, first for {options.Seconds} s alone, then for {options.Seconds} s during the attack. One "
            + $"gateway and one silo with SQLite and the default limits, each as its own process; this user and the attackers are in a third process. "
            + $"{(options.Runs == 1 ? "One run" : $"Medians of {options.Runs} runs")}, each attack on a new cluster. {Results.Machine} No message of this user was refused or lost."));
        report.AppendLine();
        report.AppendLine("| attack | | p50 alone | p50 during the attack | p99 alone | p99 during the attack | longest during the attack |");
        report.AppendLine("|---|---|---|---|---|---|---|");
        foreach (var attack in Attacks)
        {
            var runs = all.Where(figures => figures.Attack == attack.Name).ToArray();
            report.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {attack.Name} | {attack.What} | {Of(one => one.Calm.P50):0.0} ms | {Of(one => one.Attacked.P50):0.0} ms | {Of(one => one.Calm.P99):0.0} ms | "
                + $"{Of(one => one.Attacked.P99):0.0} ms | {Of(one => one.Attacked.Longest):0} ms |"));

            double Of(Func<Figures, double> figure) => Results.Median(runs.Select(figure));
        }

        report.AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"    dotnet run -c Release --project bench/Load -- attack --runs {options.Runs} --seconds {options.Seconds}");
        return report.ToString();
    }

    /// <param name="Loops">Number of loops that run at the same time.</param>
    /// <param name="Run">Runs one round of a loop.</param>
    private sealed record Attack(string Name, string What, int Loops, Loop Run);

    /// <summary>
    /// The gateway that is attacked, and the number of rounds that all loops together have completed.
    /// </summary>
    private sealed class Target(int port)
    {
        private int _rounds;

        public int Port => port;

        public int Rounds => Volatile.Read(ref _rounds);

        public void CountRound() => Interlocked.Increment(ref _rounds);
    }

    private sealed record Percentiles(int Sent, double P50, double P99, double Longest);

    private sealed record Figures(string Attack, Percentiles Calm, Percentiles Attacked, int Rounds);
}
