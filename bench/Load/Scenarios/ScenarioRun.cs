using System.Diagnostics;
using System.Net.Sockets;
using OrleansChat.Load.Peers;

namespace OrleansChat.Load.Scenarios;

/// <summary>
/// One run of a scenario against one server: connects everybody, sends, and sweeps over all connections, in one loop on one thread. Every
/// delivery is checked; where one is lost, doubled or out of its sender's order the run is void, which is thrown.
/// </summary>
internal sealed class ScenarioRun(IPeer peer, Scenario scenario, TimeSpan warmUp, TimeSpan window)
{
    private const int JoiningAtATime = 16;
    private const int SelectMicros = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MostLate = TimeSpan.FromSeconds(1);
    private readonly Latencies _latencies = new();
    private readonly List<string> _texts = [];
    private Room[] _rooms = [];
    private long _sent;

    /// <summary>Runs it.</summary>
    public async Task<ScenarioFigures> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await JoinAsync(cancellationToken);
            return await DriveAsync(cancellationToken);
        }
        finally
        {
            foreach (var member in _rooms.SelectMany(room => room.Members))
            {
                member.Dispose();
            }
        }
    }

    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        var members = new Member[scenario.Rooms * scenario.Members];
        await Parallel.ForAsync(
            0, members.Length, new ParallelOptions { MaxDegreeOfParallelism = JoiningAtATime, CancellationToken = cancellationToken },
            async (i, cancelled) => members[i] = new(await peer.JoinAsync(i, NameOf(i / scenario.Members), cancelled), scenario.Senders));
        _rooms = [.. members.Chunk(scenario.Members).Select((of, i) => new Room(NameOf(i), of, scenario.Senders))];
    }

    private string NameOf(int room) => $"{scenario.Name.ToLowerInvariant()}-{room}";

    private async Task<ScenarioFigures> DriveAsync(CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var from = start + (long)(warmUp.TotalSeconds * Stopwatch.Frequency);
        var to = from + (long)(window.TotalSeconds * Stopwatch.Frequency);
        Sample? before = null;
        for (var now = start; now < to; now = Stopwatch.GetTimestamp())
        {
            before = now >= from ? before ?? Look() : null;
            await SendAsync(start, now, cancellationToken);
            if (!Sweep(from))
            {
                Wait();
            }
        }

        var after = Look();
        for (var ended = Stopwatch.GetTimestamp(); !Array.TrueForAll(_rooms, room => room.IsWhole);)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!Sweep(from))
            {
                Wait();
            }

            if (Stopwatch.GetElapsedTime(ended) > Patience)
            {
                throw new InvalidOperationException(
                    $"{_rooms.Sum(room => room.Members.Sum(member => room.Sent - member.Deliveries))} deliveries have not come after {Patience}: the run is void.");
            }
        }

        var faults = _rooms.Sum(room => room.Members.Sum(member => member.Faults + Math.Abs(member.Deliveries - room.Sent)));
        return faults == 0 ? Figures(before!, after) : throw new InvalidOperationException($"{faults} deliveries were wrong: the run is void.");
    }

    private ScenarioFigures Figures(Sample before, Sample after)
    {
        var seconds = Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds;
        var deliveries = after.Deliveries - before.Deliveries;
        return new(
            deliveries / seconds,
            deliveries / seconds / scenario.Members,
            peer.Processes.Select((of, i) => (of.Name, Micros: (after.Cpu[i] - before.Cpu[i]) * 1e6 / deliveries)).ToDictionary(of => of.Name, of => of.Micros),
            peer.Processes.ToDictionary(of => of.Name, of => ProcessFigures.ResidentMiB(of.Pid)),
            _latencies.At(0.5),
            _latencies.At(0.99),
            (double)deliveries / (after.Frames - before.Frames),
            Array.TrueForAll(_rooms, room => room.Members.Select(member => member.Order).Distinct().Count() == 1),
            (after.Own - before.Own) / seconds);
    }

    private async ValueTask SendAsync(long start, long now, CancellationToken cancellationToken)
    {
        if (scenario.InFlight == 0)
        {
            await SendDueAsync(start, now, cancellationToken);
            return;
        }

        foreach (var room in _rooms)
        {
            for (var sender = 0; sender < scenario.Senders; sender++)
            {
                for (var free = scenario.InFlight - room.UnderWay(sender); free > 0; free--)
                {
                    _texts.Add(Text(room, sender, now));
                }

                await FlushAsync(room, sender, cancellationToken);
            }
        }
    }

    private async ValueTask SendDueAsync(long start, long now, CancellationToken cancellationToken)
    {
        while (start + (_sent * Stopwatch.Frequency / scenario.Rate) is var due && due <= now)
        {
            if (Stopwatch.GetElapsedTime(due, now) > MostLate)
            {
                throw new InvalidOperationException($"The senders are {MostLate} late: this machine is too busy, the run is void.");
            }

            var room = _rooms[_sent % _rooms.Length];
            var sender = (int)(_sent / _rooms.Length % scenario.Senders);
            _texts.Add(Text(room, sender, due));
            await FlushAsync(room, sender, cancellationToken);
            _sent++;
        }
    }

    private string Text(Room room, int sender, long due)
    {
        var number = room.Next(sender);
        return peer.Send(room.Name, $"{number}", Marker.Write(sender, number, due));
    }

    private async ValueTask FlushAsync(Room room, int sender, CancellationToken cancellationToken)
    {
        if (_texts.Count > 0)
        {
            await room.Members[sender].Socket.SendAsync(_texts, cancellationToken);
            _texts.Clear();
        }
    }

    private bool Sweep(long from)
    {
        var any = false;
        foreach (var room in _rooms)
        {
            foreach (var member in room.Members)
            {
                any |= member.Sweep(from, _latencies);
            }
        }

        return any;
    }

    /// <summary>Until something can be read, or a moment is over: a message may be due.</summary>
    private void Wait()
    {
        List<Socket> readable = [.. _rooms.SelectMany(room => room.Members).Select(member => member.Socket.Socket)];
        Socket.Select(readable, null, null, SelectMicros);
    }

    private Sample Look() => new(
        Stopwatch.GetTimestamp(),
        [.. peer.Processes.Select(of => ProcessFigures.FamilyCpuSeconds(of.Pid))],
        ProcessFigures.CpuSeconds(Environment.ProcessId),
        _rooms.Sum(room => room.Members.Sum(member => member.Deliveries)),
        _rooms.Sum(room => room.Members.Sum(member => member.Frames)));

    private sealed record Sample(long At, double[] Cpu, double Own, long Deliveries, long Frames);
}
