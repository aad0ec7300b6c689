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

/// <summary>
/// One run: clients and faults load the cluster, the cluster recovers, and the run compares the clients' records with
/// the logs.
/// </summary>
internal sealed class Run
{
    private static readonly TimeSpan PresenceBound = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PresenceSlack = TimeSpan.FromSeconds(1); // A client may notice events this late.
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

        // Use room names that no other run uses. So the rooms are empty at the start, even if the cluster has served
        // earlier runs.
        var run = RandomNumberGenerator.GetHexString(6, lowercase: true);
        var rooms = Enumerable.Range(0, options.Rooms + options.Followed).Select(room => string.Create(CultureInfo.InvariantCulture, $"check-{run}-{room}")).ToArray();
        _recorder = new(_clock, run, rooms, options.Rooms, _disturbances, options.Late);
    }

    /// <summary>
    /// Performs the run. Returns true if the checks found no violation. Throws <see cref="CannotStartException"/> if
    /// nothing could be checked.
    /// </summary>
    /// <remarks>
    /// <para>1. Start a cluster, or use the gateways that <c>--url</c> names.</para>
    /// <para>2. Connect all clients and wait until each is in all its rooms and follows its channels.</para>
    /// <para>
    /// 3. For the duration of the load, writers send, readers request history and presence, both request their lists of
    /// conversations, and the nemesis injects faults.
    /// </para>
    /// <para>
    /// 4. Settle: wait until the cluster has recovered, read the logs of all rooms, and wait until all clients have
    /// received all events.
    /// </para>
    /// <para>5. Disconnect the clients and end the cluster.</para>
    /// <para>6. Compare everything that was recorded with the logs, and write the report.</para>
    /// </remarks>
    /// <param name="stop">Ends the load early. The run still settles and checks what was recorded.</param>
    /// <param name="kill">Ends the run without a check.</param>
    public async Task<bool> GoAsync(CancellationToken stop, CancellationToken kill)
    {
        // Step 1: the cluster.
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

        // Step 2: the clients.
        await WithinAsync(crowd.ComeAsync(over.Token), EntersWithin, "Not all clients could enter their rooms within {0} s: check that each address belongs to an OrleansChat gateway that can be reached.", kill);
        var following = _options.Lists == 0 ? Task.CompletedTask : Task.WhenAll(crowd.ListAskers.Select(client => client.FollowChannelsAsync(crowd.Followed, kill)));
        await WithinAsync(following, EntersWithin, "Not all clients could follow their channels within {0} s.", kill);
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{crowd.Writers.Count} writers, {crowd.Readers.Count} readers, {crowd.Bystanders.Count} bystanders in {_options.Rooms} rooms and {_options.Followed} followed channels on {gateways.Addresses.Count} gateways"));

        // Step 3: load and faults.
        var begun = _clock.Now;
        enough.CancelAfter(_options.Lasting);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(kill);
        var speaking = Task.WhenAll(crowd.Writers.Select(writer => writer.SpeakAsync(enough.Token, late.Token)));
        var asking = Task.WhenAll(crowd.Readers.Select(reader => reader.AskAsync(_options.Presence, enough.Token)));
        var listing = Task.WhenAll(_options.Lists == 0 ? [] : crowd.ListAskers.Select(client => client.AskListsAsync(_options.Lists, enough.Token)));
        var watching = progress.ShowAsync(nemesis, enough.Token);
        await nemesis.RunAsync(enough.Token, kill);
        await Task.WhenAll(watching, asking, listing);
        var loaded = _clock.Now - begun;

        // Step 4: settle.
        var logs = await SettleAsync(crowd, gateways, cluster, speaking, late, kill);

        // Step 5: end.
        await over.CancelAsync();
        await crowd.GoneAsync();
        if (nemesis.Trouble is { } trouble)
        {
            _troubles.Add(new("every process becomes ready again", trouble));
        }

        Say("checking");
        if (cluster is not null)
        {
            await cluster.EndAsync();
        }

        // Step 6: check and report.
        var history = _recorder.ToHistory(gateways.Names, logs, PresenceBound + PresenceSlack);
        List<Violation> violations = [.. _troubles, .. AllChecks.Find(history)];
        if (_recorder.Figures.Acked == 0)
        {
            violations.Add(new("something was acked", "No send was acked, so the run proves nothing."));
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

    /// <summary>
    /// Waits after the load until the cluster and the clients have settled, and returns the log of each room. In steps
    /// 1, 3, 5 and 6, each wait takes at most <c>--settle</c> seconds. A condition that is not met in time becomes a
    /// violation.
    /// </summary>
    /// <remarks>
    /// <para>1. Wait until every process is ready and every send has its final answer.</para>
    /// <para>
    /// 2. Read every room's log through <c>history</c>. If that takes longer than 10 minutes, throw
    /// <see cref="CannotStartException"/>.
    /// </para>
    /// <para>3. Wait until every client is in its rooms and has received everything.</para>
    /// <para>4. Wait until every answer to <c>who</c> must be correct, and then send <c>who</c> for each room.</para>
    /// <para>5. Ask for the list of conversations of every user, whole and by its changes.</para>
    /// <para>6. Resume every room on every gateway with new clients.</para>
    /// </remarks>
    private async Task<IReadOnlyList<IReadOnlyList<MessageLogEntry>>> SettleAsync(
        Crowd crowd, Gateways gateways, OwnCluster? cluster, Task speaking, CancellationTokenSource late, CancellationToken kill)
    {
        // Step 1: processes and sends.
        Say("the load is over; waiting until everything has settled");
        if (cluster is not null && await cluster.NotReadyAsync(_options.Settle, kill) is { } node)
        {
            _troubles.Add(new("every process becomes ready again", $"{node} was not ready {_options.Settle.TotalSeconds:0} s after the last fault."));
        }

        if (!await IsDoneAsync(speaking, kill))
        {
            _troubles.Add(new("every send gets a final answer", $"After the load, chatcheck waited {_options.Settle.TotalSeconds:0} s, but some sends got no final answer."));
        }

        await late.CancelAsync();
        await speaking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Step 2: logs.
        var logs = await ReadLogsAsync(crowd, gateways, kill);

        // Step 3: clients.
        if (!await IsDoneAsync(crowd.EnteredAsync(), kill))
        {
            _troubles.Add(new("every client can enter its rooms again", $"After the load, chatcheck waited {_options.Settle.TotalSeconds:0} s, but a client could not enter one of its rooms."));
        }

        // If a client does not reach the head in time, StreamCheck reports it in step 6 of GoAsync.
        await UntilAsync(() => crowd.All.SelectMany(client => client.Views).All(view => view.Cursor >= logs[view.Room].Count), kill);

        // Step 4: presence.
        if (_options.Presence)
        {
            await AskWhoIsHereAsync(crowd, kill);
        }

        // Step 5: lists.
        if (_options.Lists > 0 && !await IsDoneAsync(Task.WhenAll(crowd.ListAskers.Select(client => client.AskFinalListAsync(kill))), kill))
        {
            _troubles.Add(new("every user can read its list of conversations", $"After the load, chatcheck waited {_options.Settle.TotalSeconds:0} s, but a user could not read its list."));
        }

        // Step 6: resumes.
        await ReadAnewAsync(crowd, gateways, logs, kill);
        return logs;
    }

    /// <summary>
    /// Waits until slightly more than <see cref="PresenceBound"/> has passed since the last disturbance, and since the
    /// last client entered a room. From then on, every client has to be listed. Then every reader asks who is in each
    /// of its rooms.
    /// </summary>
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

    private async Task<IReadOnlyList<IReadOnlyList<MessageLogEntry>>> ReadLogsAsync(Crowd crowd, Gateways gateways, CancellationToken kill)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(kill);

        // Every user can read a channel, but only a member can read a group.
        var strangers = gateways.Addresses.Select((_, at) => New(_recorder.AddUser(string.Create(CultureInfo.InvariantCulture, $"log{at}")), at)).ToArray();
        var members = Enumerable.Range(0, _options.Rooms).Where(_recorder.IsGroup).ToDictionary(room => room, room => New(crowd.MemberOf(room, room), room));
        LogReader[] readers = [.. strangers, .. members.Values];
        var listening = Task.WhenAll(readers.Select(reader => reader.ListenAsync(over.Token)));
        try
        {
            var reading = Task.WhenAll(_recorder.Rooms.Select((room, at) => members.GetValueOrDefault(at, strangers[at % strangers.Length]).ReadAsync(room, over.Token)));
            await WithinAsync(reading, TimeSpan.FromMinutes(10), "The logs could not be read through history within {0} s.", kill);
            return await reading;
        }
        finally
        {
            await over.CancelAsync();
            await listening;
        }

        LogReader New(int user, int gateway) => new(user, gateway, gateways, _recorder, gateway);
    }

    /// <summary>
    /// On every gateway, two new clients resume every room, except the followed channels: one with a cursor near the head, and one with a cursor far
    /// behind the head. Each client has to receive exactly the events after its cursor.
    /// </summary>
    private async Task ReadAnewAsync(Crowd crowd, Gateways gateways, IReadOnlyList<IReadOnlyList<MessageLogEntry>> logs, CancellationToken kill)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(kill);
        var random = new Random(_options.Seed);
        var fresh = new List<FreshReader>();
        for (var gateway = 0; gateway < gateways.Addresses.Count; gateway++)
        {
            foreach (var (room, log) in logs.Take(_options.Rooms).Index())
            {
                foreach (var back in (int[])[random.Next(0, 400), random.Next(400, 3000)])
                {
                    // Only a member can resume a group, so a client of a group has a user of the crowd.
                    var user = _recorder.IsGroup(room)
                        ? crowd.MemberOf(room, fresh.Count)
                        : _recorder.AddUser(string.Create(CultureInfo.InvariantCulture, $"fresh{fresh.Count}"));
                    fresh.Add(new(user, room, Math.Max(0, log.Count - back), gateway, gateways, _recorder, random.Next()));
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
