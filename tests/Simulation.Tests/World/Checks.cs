using OrleansChat.Grains.Interfaces;
using OrleansChat.Simulation.Tests.Parts;
using OrleansChat.Simulation.Tests.People;

namespace OrleansChat.Simulation.Tests.World;

/// <summary>What must hold once nothing goes wrong any more.</summary>
internal sealed class Checks(Simulated world, string[] rooms)
{
    private readonly Dictionary<string, string[]> _told = [];
    private readonly HashSet<string> _asking = [];

    /// <summary>What is not right yet; null where everything is.</summary>
    public string? Unsettled() => world.Clients.Select(client => client.Unsettled()).FirstOrDefault(unsettled => unsettled is not null) ?? rooms.Select(Attendance).FirstOrDefault(wrong => wrong is not null);

    /// <summary>Everything that can be said at the end.</summary>
    public void Everything()
    {
        foreach (var room in rooms)
        {
            Log(room, world.Database.Events(room));
        }

        foreach (var send in world.Sends)
        {
            Fate(send);
        }
    }

    private void Log(string room, IReadOnlyList<RoomEvent> events)
    {
        var ids = new HashSet<(string, string)>();
        var deleted = new HashSet<long>();
        var (ts, messages) = (0L, 0L);
        for (var i = 0; i < events.Count; i++)
        {
            var happened = events[i];
            world.Expect(happened.Seq == i + 1, $"{room} has {happened.Seq} as its {i + 1}. event");
            world.Expect(happened.Ts >= ts, $"{room} {happened.Seq} goes back in time");
            world.Expect(happened.ClientId is null || ids.Add((happened.From, happened.ClientId)), $"{room} has {happened.ClientId} of {happened.From} twice");
            world.Expect(happened.Messages == (messages += happened.Kind == RoomEventKind.Msg ? 1 : 0), $"{room} {happened.Seq} counts {happened.Messages} messages, not {messages}");
            world.Expect(happened.Ref is not { } about || !deleted.Contains(about), $"{room} {happened.Seq} is a {happened.Kind} of {happened.Ref}, which was deleted before");
            if (happened is { Kind: RoomEventKind.Delete, Ref: { } gone })
            {
                deleted.Add(gone);
                world.Expect(events[(int)gone - 1].Text is null, $"{room} {gone} was deleted and has its text");
            }

            ts = happened.Ts;
        }
    }

    private void Fate(Outgoing send)
    {
        var stored = world.Database.Events(send.Room).Where(happened => happened.From == send.Client.User && happened.ClientId == send.Send.Id).ToArray();
        world.Expect(send.Seq is null || stored is [var one] && one.Seq == send.Seq, $"ok was said to {send.Send.Id} as {send.Seq}, and the log has {stored.FirstOrDefault()}");
        world.Expect(send.Seq is not null || send.Refused == 0 || send.Refused < send.Tries || stored.Length == 0, $"{send.Send.Id} was refused, and the log has it");
        if (send.Client.OneByOne && send.Seq is not null)
        {
            var next = world.Sends.Find(other => other.Client == send.Client && other.Room == send.Room && other.Number > send.Number && other.Seq is not null);
            world.Expect(next is null || next.Seq > send.Seq, $"{next?.Send.Id} was sent after the answer to {send.Send.Id}, and is before it: {next?.Seq}, {send.Seq}");
        }
    }

    /// <summary>Compares what the room said last with who is there, and asks it again.</summary>
    private string? Attendance(string room)
    {
        string[] here = [.. world.Clients.Where(client => client.Rooms.Any(view => view.Name == room && view.Place == Place.In)).Select(client => client.User).Distinct().Order()];
        if (here.Length == 0)
        {
            return null;
        }

        if (_asking.Add(room))
        {
            Ask(room, here[0]);
        }

        return _told.TryGetValue(room, out var told) && told.SequenceEqual(here)
            ? null
            : $"{room} believes that {string.Join(' ', told ?? ["(no answer)"])} are there, and {string.Join(' ', here)} are";
    }

    private void Ask(string room, string user)
    {
        _ = world.Always.StartAsync(async () =>
        {
            try
            {
                var attendance = await new Cluster(world, world.Always).GetGrain<IRoomGrain>(room).WhoAsync(user, 1000);
                _told[room] = [.. (attendance.Users ?? []).Order()];
            }
            catch (Exception away) when (away is TimeoutException or IOException)
            {
                _told.Remove(room);
            }

            _asking.Remove(room);
        });
    }
}
