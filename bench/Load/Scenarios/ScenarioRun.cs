using System.Buffers;
using System.Diagnostics;
using OrleansChat.Load.Peers;

namespace OrleansChat.Load.Scenarios;

/// <summary>
/// One run of a scenario against one server. After all members have connected, one loop on one thread sends, and reads
/// from the members whose sockets are ready. Every delivery is checked. If a delivery is lost, doubled or out of its
/// sender's order, the run is invalid and <see cref="RunAsync"/> throws.
/// </summary>
internal sealed class ScenarioRun(IPeer peer, Scenario scenario, TimeSpan warmUp, TimeSpan window)
{
    private const int JoiningAtATime = 16;
    private const int ReadBytes = 256 * 1024;
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(50);
    private const double CalmCores = 0.05;
    private static readonly TimeSpan CalmFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CalmWithin = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);
    private static int s_runs;

    /// <summary>
    /// Part of each message's id, because in a later run the same users join the same rooms and must not repeat an id.
    /// </summary>
    private readonly int _run = Interlocked.Increment(ref s_runs);
    private readonly Latencies _latencies = new();
    private readonly byte[] _shared = new byte[ReadBytes];
    private readonly ArrayBufferWriter<byte> _frames = new();
    private readonly Queue<Room> _free = [];
    private readonly Room[] _rooms =
    [
        .. Enumerable.Range(0, scenario.Rooms).Select(room => new Room(NameOf(scenario, room), scenario.Members, scenario.Senders, scenario.InFlight)),
    ];

    private readonly Member[] _members = new Member[scenario.Rooms * scenario.Members];
    private long _sent;

    /// <summary>
    /// How long to measure the CPU use while all members are connected and none sends; zero to skip this measurement.
    /// </summary>
    public TimeSpan Idle { get; init; }

    /// <summary>Performs the run. Throws <see cref="InvalidOperationException"/> if the run is invalid.</summary>
    public async Task<ScenarioFigures> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await JoinAsync(cancellationToken);
            return await Task.Factory.StartNew(
                () => Drive(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            foreach (var member in _members)
            {
                member?.Dispose();
            }
        }
    }

    private static string NameOf(Scenario scenario, int room) => $"{scenario.Name.ToLowerInvariant()}-{room}";

    private Task JoinAsync(CancellationToken cancellationToken) => Parallel.ForAsync(
        0, _members.Length, new ParallelOptions { MaxDegreeOfParallelism = JoiningAtATime, CancellationToken = cancellationToken },
        async (i, cancelled) =>
        {
            var room = _rooms[i / scenario.Members];
            room.Members[i % scenario.Members] = _members[i] = new(await peer.JoinAsync(i, room.Name, cancelled), room, scenario.Senders);
        });

    /// <summary>Runs the load and measures, after all members have joined.</summary>
    /// <remarks>
    /// <para>1. Register all sockets with epoll, and measure the idle CPU use if <see cref="Idle"/> is not zero.</para>
    /// <para>
    /// 2. Until the warm-up and the measured time are over: send what is due (open loop), or as much as may be in
    /// flight (closed loop), then read from all ready sockets.
    /// </para>
    /// <para>3. Between the warm-up and the measured time, take the first sample of counters and CPU times.</para>
    /// <para>4. Take the second sample.</para>
    /// <para>5. Read for up to 30 s, until every member has received everything.</para>
    /// <para>6. Check the deliveries, and compute the figures from the two samples.</para>
    /// </remarks>
    private ScenarioFigures Drive(CancellationToken cancellationToken)
    {
        // Step 1: sockets and idle CPU.
        using var ready = new ReadySockets();
        for (var i = 0; i < _members.Length; i++)
        {
            ready.Add(_members[i].Socket.Socket, i);
        }

        var idle = Idle > TimeSpan.Zero ? LookAtIdle(ready, cancellationToken) : [];

        // Step 2: load.
        Array.ForEach(_rooms, _free.Enqueue);
        var start = Stopwatch.GetTimestamp();
        var from = start + (long)(warmUp.TotalSeconds * Stopwatch.Frequency);
        var to = from + (long)(window.TotalSeconds * Stopwatch.Frequency);
        Sample? before = null;
        for (var now = start; now < to; now = Stopwatch.GetTimestamp())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (before is null && now >= from)
            {
                // Step 3: first sample. The sample takes milliseconds in which nothing is sent or read. So latencies
                // count only for messages that are due after the sample.
                before = Look();
                from = now = Stopwatch.GetTimestamp();
            }

            var next = scenario.InFlight == 0 ? SendDue(start, now) : SendFree(now);
            Read(ready, from, Math.Min(next, before is null ? from : to));
        }

        // Step 4: second sample.
        var after = Look();

        // Step 5: receive the remaining messages.
        for (var ended = Stopwatch.GetTimestamp(); !Array.TrueForAll(_rooms, room => room.IsWhole);)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Read(ready, long.MaxValue, long.MaxValue);
            if (Stopwatch.GetElapsedTime(ended) > Patience)
            {
                throw new InvalidOperationException(
                    $"{_members.Sum(member => member.Room.Sent - member.Deliveries)} deliveries are missing after {Patience}: the run is invalid.");
            }
        }

        // Step 6: check.
        var faults = _members.Sum(member => member.Faults + Math.Abs(member.Deliveries - member.Room.Sent));
        return faults == 0 ? Figures(idle, before!, after) : throw new InvalidOperationException($"{faults} deliveries were lost, doubled, changed or out of order: the run is invalid.");
    }

    private Dictionary<string, double> LookAtIdle(ReadySockets ready, CancellationToken cancellationToken)
    {
        // Wait up to 40 s until the processes are calm. Otherwise the idle CPU use would include work that earlier load
        // has caused, such as compilation and garbage collection.
        for (var began = Stopwatch.GetTimestamp(); Over(CalmFor).Values.Any(cores => cores > CalmCores) && Stopwatch.GetElapsedTime(began) < CalmWithin;)
        {
        }

        return Over(Idle);

        Dictionary<string, double> Over(TimeSpan time)
        {
            var before = Look();
            while (Stopwatch.GetElapsedTime(before.At) < time)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Read(ready, long.MaxValue, long.MaxValue);
            }

            var after = Look();
            var seconds = Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds;
            return peer.Processes.Select((of, i) => (of.Name, Cores: (after.Cpu[i] - before.Cpu[i]) / seconds)).ToDictionary(of => of.Name, of => of.Cores);
        }
    }

    private ScenarioFigures Figures(Dictionary<string, double> idle, Sample before, Sample after)
    {
        var seconds = Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds;
        var deliveries = after.Deliveries - before.Deliveries;
        return new(
            deliveries / seconds,
            deliveries / seconds / scenario.Members,
            peer.Processes.Select((of, i) => (of.Name, Micros: (after.Cpu[i] - before.Cpu[i]) * 1e6 / deliveries)).ToDictionary(of => of.Name, of => of.Micros),
            idle,
            peer.Processes.ToDictionary(of => of.Name, of => ProcessFigures.ResidentMiB(of.Pid)),
            _latencies.At(0.5),
            _latencies.At(0.99),
            (double)deliveries / (after.Frames - before.Frames),
            Array.TrueForAll(_rooms, room => room.Members.Select(member => member.Order).Distinct().Count() == 1),
            (after.Own - before.Own) / seconds);
    }

    /// <summary>
    /// Open loop: sends the messages that are due. Returns the timestamp at which the next one is due.
    /// </summary>
    private long SendDue(long start, long now)
    {
        while (true)
        {
            var due = start + (_sent * Stopwatch.Frequency / scenario.Rate);
            if (due > now)
            {
                return due;
            }

            if (Stopwatch.GetElapsedTime(due, now) > MaxDelay)
            {
                throw new InvalidOperationException($"The senders are more than {MaxDelay} late: the run is invalid, because this machine is too busy.");
            }

            var room = _rooms[_sent % _rooms.Length];
            var sender = (int)(_sent / _rooms.Length % scenario.Senders);
            Write(room, sender, due);
            Flush(room, sender);
            _sent++;
        }
    }

    /// <summary>
    /// Closed loop: sends as many messages as may be in flight. Returns <see cref="long.MaxValue"/>, because the next
    /// send waits for received messages and not for a time.
    /// </summary>
    private long SendFree(long now)
    {
        while (_free.TryDequeue(out var room))
        {
            for (var sender = 0; sender < scenario.Senders; sender++)
            {
                for (var free = room.Free(sender); free > 0; free--)
                {
                    Write(room, sender, now);
                }

                Flush(room, sender);
            }
        }

        return long.MaxValue;
    }

    private void Write(Room room, int sender, long due)
    {
        var number = room.Next(sender);
        FrameSocket.WriteFrame(_frames, peer.Send(room.Name, $"{_run}-{number}", Marker.Write(sender, number, due)));
    }

    private void Flush(Room room, int sender)
    {
        if (_frames.WrittenCount > 0)
        {
            room.Members[sender].Socket.Send(_frames.WrittenSpan);
            _frames.ResetWrittenCount();
        }
    }

    /// <summary>
    /// Waits until a socket can be read, but at most until the timestamp <paramref name="until"/> and at most 50 ms.
    /// Then reads all ready sockets.
    /// </summary>
    /// <param name="from">Latencies count for messages that are due from this timestamp on.</param>
    private void Read(ReadySockets ready, long from, long until)
    {
        var wait = until == long.MaxValue ? MaxWait : Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), until);
        foreach (var at in ready.Wait(wait < MaxWait ? wait : MaxWait))
        {
            var member = _members[at];
            member.Read(_shared, from, _latencies);
            if (member.Room.TakeIsFree())
            {
                _free.Enqueue(member.Room);
            }
        }
    }

    private Sample Look() => new(
        Stopwatch.GetTimestamp(),
        [.. peer.Processes.Select(of => ProcessFigures.FamilyCpuSeconds(of.Pid))],
        ProcessFigures.CpuSeconds(Environment.ProcessId),
        _members.Sum(member => member.Deliveries),
        _members.Sum(member => member.Frames));

    private sealed record Sample(long At, double[] Cpu, double Own, long Deliveries, long Frames);
}
