using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Clients;
using OrleansChat.ChatCheck.Cluster;
using OrleansChat.ChatCheck.Faults;
using OrleansChat.ChatCheck.Histories;
using OrleansChat.ChatCheck.Reporting;
using OrleansChat.LocalCluster;

namespace OrleansChat.ChatCheck;

/// <summary>One run: load and faults, a time to settle, the log read, everything checked.</summary>
internal sealed class Run
{
    private static readonly TimeSpan PresenceBound = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PresenceSlack = TimeSpan.FromSeconds(1); // For the clients' own scheduling.
    private static readonly TimeSpan EntersWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly CheckOptions _options;
    private readonly TextWriter _output;
    private readonly Clock _clock;
    private readonly Disturbances _disturbances;
    private readonly Recorder _recorder;
    private readonly List<Violation> _troubles = [];

    public Run(CheckOptions options, TextWriter output, TimeProvider time)
    {
        (_options, _output, _clock) = (options, output, new(time));
        _disturbances = new(_clock);

        // Names of its own, so that a run on a cluster that has seen others begins with empty rooms.
        var run = RandomNumberGenerator.GetHexString(6, lowercase: true);
        var rooms = Enumerable.Range(0, options.Rooms).Select(room => string.Create(CultureInfo.InvariantCulture, $"check-{run}-{room}")).ToArray();
        _recorder = new(_clock, run, rooms, _disturbances, options.Late);
    }

    /// <summary>Whether everything held. Throws <see cref="CannotStartException"/> where there was nothing to check.</summary>
    /// <param name="stop">Ends the load; what there is by then is checked.</param>
    /// <param name="kill">Ends everything.</param>
    public async Task<bool> GoAsync(CancellationToken stop, CancellationToken kill)
    {
        Say(string.Create(CultureInfo.InvariantCulture, $"seed {_options.Seed}"));
        await using var cluster = await StartAsync(kill);
        var gateways = cluster is null
            ? new Gateways(_options.Urls, [.. _options.Urls.Select(url => url.Authority)], _options.TokenCommand is null ? null : TokenAsync)
            : new Gateways(cluster.Addresses, [.. cluster.Gateways.Select(node => node.Name)], null);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop, kill);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(kill);
        var crowd = new Crowd(_options, gateways, _recorder, enough.Token);
        var plan = new FaultPlan(
            _options.Seed, _options.Faults,
            cluster is null || _options.Store is Store.Memory ? 0 : cluster.Silos.Count, cluster?.Gateways.Count ?? 0, _options.Every);
        var progress = new Progress(_recorder, _output);
        var nemesis = new Nemesis(plan, cluster, crowd.All, _disturbances, progress.Say, _clock);

        crowd.Come(over.Token);
        await WithinAsync(crowd.EnteredAsync(), EntersWithin, "Not everybody could enter all rooms within {0} s: is this a cluster of OrleansChat, and reachable?", kill);
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{crowd.Writers.Count} writers, {crowd.Readers.Count} readers, {crowd.Bystanders.Count} bystanders in {_options.Rooms} rooms on {gateways.Addresses.Count} gateways"));

        var begun = _clock.Now;
        enough.CancelAfter(_options.Lasting);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(kill);
        var speaking = Task.WhenAll(crowd.Writers.Select(writer => writer.SpeakAsync(enough.Token, late.Token)));
        var asking = Task.WhenAll(crowd.Readers.Select(reader => reader.AskAsync(enough.Token)));
        var watching = progress.ShowAsync(nemesis, enough.Token);
        await nemesis.RunAsync(enough.Token, kill);
        await Task.WhenAll(watching, asking);
        var loaded = _clock.Now - begun;

        var logs = await SettleAsync(crowd, gateways, cluster, speaking, late, kill);
        await over.CancelAsync();
        await crowd.GoneAsync();
        if (nemesis.Trouble is { } trouble)
        {
            _troubles.Add(new("every process comes back", trouble));
        }

        Say("checking");
        if (cluster is not null)
        {
            await cluster.EndAsync();
        }

        var history = _recorder.ToHistory(gateways.Names, logs, PresenceBound + PresenceSlack);
        List<Violation> violations = [.. _troubles, .. AllChecks.Find(history)];
        if (_recorder.Figures.Acked == 0)
        {
            violations.Add(new("something was acked", "No send was acked, so nothing is shown."));
        }

        cluster?.KeepLogs = violations.Count > 0;
        Report.Write(_output, _options, history, _recorder.Figures, nemesis, cluster, violations, loaded);
        return violations.Count == 0;
    }

    private async Task<OwnCluster?> StartAsync(CancellationToken kill)
    {
        if (_options.Urls.Count > 0)
        {
            return null;
        }

        Say($"starting {Count(_options.Silos, "silo")} and {Count(_options.Gateways, "gateway")} on {_options.Store.ToString().ToLowerInvariant()}");
        return await OwnCluster.StartAsync(_options, _disturbances, _clock.Time, kill);

        static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");
    }

    /// <summary>Waits until everything is as it should be, each for a bounded time, reads the logs, and looks at it once more.</summary>
    private async Task<IReadOnlyList<IReadOnlyList<LogEntry>>> SettleAsync(
        Crowd crowd, Gateways gateways, OwnCluster? cluster, Task speaking, CancellationTokenSource late, CancellationToken kill)
    {
        Say("settling: the load is over");
        if (cluster is not null && await cluster.NotReadyAsync(_options.Settle, kill) is { } node)
        {
            _troubles.Add(new("every process comes back", $"{node} was not ready {_options.Settle.TotalSeconds:0} s after the last fault."));
        }

        if (!await IsDoneAsync(speaking, kill))
        {
            _troubles.Add(new("every send ends", $"Some sends could not be brought to an end within {_options.Settle.TotalSeconds:0} s after the last fault."));
        }

        await late.CancelAsync();
        await speaking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var logs = await ReadLogsAsync(gateways, kill);
        if (!await IsDoneAsync(crowd.EnteredAsync(), kill))
        {
            _troubles.Add(new("everybody can come back", $"Somebody could not enter a room within {_options.Settle.TotalSeconds:0} s after the last fault."));
        }

        // Who does not reach its head is named by the check.
        await UntilAsync(() => crowd.All.SelectMany(client => client.Views).All(view => view.Cursor >= logs[view.Room].Count), kill);

        if (_options.Presence)
        {
            await AskWhoIsHereAsync(crowd, kill);
        }

        await ReadAnewAsync(gateways, logs, kill);
        return logs;
    }

    /// <summary>After the bound, everybody who is here is seen.</summary>
    private async Task AskWhoIsHereAsync(Crowd crowd, CancellationToken kill)
    {
        while (_clock.Now - Math.Max(_disturbances.LastEnd, LastEntry(crowd)) is var calm && calm < Clock.Of(PresenceBound + (2 * PresenceSlack)))
        {
            await Task.Delay(Look, _clock.Time, kill);
        }

        await Task.WhenAll(crowd.Readers.Select(async reader =>
        {
            foreach (var view in reader.Views)
            {
                await reader.AskWhoAsync(view, kill);
            }
        }));
    }

    private static long LastEntry(Crowd crowd) => crowd.All.SelectMany(client => client.Views).Max(view => view.EnteredAt);

    private async Task<IReadOnlyList<IReadOnlyList<LogEntry>>> ReadLogsAsync(Gateways gateways, CancellationToken kill)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(kill);
        var readers = Enumerable.Range(0, gateways.Addresses.Count).Select(gateway => new LogReader(gateway, gateways, _recorder, gateway)).ToArray();
        var listening = Task.WhenAll(readers.Select(reader => reader.ListenAsync(over.Token)));
        try
        {
            var reading = Task.WhenAll(_recorder.Rooms.Select((room, at) => readers[at % readers.Length].ReadAsync(room, over.Token)));
            await WithinAsync(reading, TimeSpan.FromMinutes(10), "The logs could not be read through history within {0} s.", kill);
            return await reading;
        }
        finally
        {
            await over.CancelAsync();
            await listening;
        }
    }

    /// <summary>A resume is a fresh read: on every gateway somebody comes with cursors, near the head and far behind it.</summary>
    private async Task ReadAnewAsync(Gateways gateways, IReadOnlyList<IReadOnlyList<LogEntry>> logs, CancellationToken kill)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(kill);
        var random = new Random(_options.Seed);
        var fresh = new List<FreshReader>();
        for (var gateway = 0; gateway < gateways.Addresses.Count; gateway++)
        {
            foreach (var (room, log) in logs.Index())
            {
                foreach (var back in (int[])[random.Next(0, 400), random.Next(400, 3000)])
                {
                    fresh.Add(new(
                        string.Create(CultureInfo.InvariantCulture, $"fresh{fresh.Count}"), room, Math.Max(0, log.Count - back), gateway, gateways, _recorder, random.Next()));
                }
            }
        }

        var listening = Task.WhenAll(fresh.Select(reader => reader.ListenAsync(over.Token)));
        await UntilAsync(() => fresh.TrueForAll(reader => reader.Views[0].Entered.IsCompleted && reader.Views[0].Cursor >= logs[reader.Views[0].Room].Count), kill);
        await over.CancelAsync();
        await listening;
    }

    private async Task<bool> IsDoneAsync(Task task, CancellationToken kill) =>
        await Task.WhenAny(task, Task.Delay(_options.Settle, _clock.Time, kill)) == task;

    private async Task UntilAsync(Func<bool> condition, CancellationToken kill)
    {
        for (var began = _clock.Now; !condition() && _clock.Now - began < Clock.Of(_options.Settle); await Task.Delay(Look, _clock.Time, kill))
        {
        }
    }

    private async Task WithinAsync(Task task, TimeSpan within, string otherwise, CancellationToken kill)
    {
        if (await Task.WhenAny(task, Task.Delay(within, _clock.Time, kill)) != task)
        {
            kill.ThrowIfCancellationRequested();
            throw new CannotStartException(string.Format(CultureInfo.InvariantCulture, otherwise, within.TotalSeconds));
        }

        await task;
    }

    private async Task<string> TokenAsync(string user, CancellationToken cancellationToken)
    {
        using var command = Process.Start(new ProcessStartInfo(_options.TokenCommand!, [user]) { RedirectStandardOutput = true })!;
        var token = await command.StandardOutput.ReadToEndAsync(cancellationToken);
        await command.WaitForExitAsync(cancellationToken);
        return command.ExitCode == 0 ? token.Trim() : throw new CannotStartException($"{_options.TokenCommand} ended with exit code {command.ExitCode}.");
    }

    private void Say(string line) => _output.WriteLine(line);
}
