using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using OrleansChat.Simulation.Tests.Parts;
using OrleansChat.Simulation.Tests.People;

namespace OrleansChat.Simulation.Tests.World;

/// <summary>Checks the promises that must hold after the last fault.</summary>
internal sealed class Checks(Simulated world, string[] rooms)
{
    private readonly Dictionary<string, string[]> _told = [];
    private readonly HashSet<string> _asking = [];

    /// <summary>Returns a text that says what does not hold yet; null if all promises hold.</summary>
    public string? Unsettled() => world.Clients.Select(client => client.Unsettled()).FirstOrDefault(unsettled => unsettled is not null) ?? rooms.Select(Presence).FirstOrDefault(wrong => wrong is not null);

    /// <summary>Checks the whole log of each room, and the outcome of every send.</summary>
    public void Everything()
    {
        foreach (var room in rooms)
        {
            Log(room, world.Database.Events(room));
            Rights(room, world.Database.Events(room));
            world.Expect(
                !RoomKey.IsDirect(room) || world.Database.Head(room) is { Claim: 0 } or { Seq: > 0 }, $"{room} was created without a message");
        }

        world.Expect(world.Database.Head(Client.Nowhere).Claim == 0, "a cursor created a room");

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
            world.Expect(happened.Seq == i + 1, $"{room} has sequence {happened.Seq} at position {i + 1}");
            world.Expect(happened.Ts >= ts, $"event {happened.Seq} of {room} has an earlier time than the event before it");
            world.Expect(happened.ClientId is null || ids.Add((happened.From, happened.ClientId)), $"{room} has two events of {happened.From} with the client id {happened.ClientId}");
            world.Expect(happened.Messages == (messages += happened.Kind == RoomEventKind.Msg ? 1 : 0), $"event {happened.Seq} of {room} has the message count {happened.Messages}, but the log has {messages} messages up to this event");
            world.Expect(happened.Ref is not { } about || !deleted.Contains(about), $"event {happened.Seq} of {room} has the kind {happened.Kind} and refers to event {happened.Ref}, which an earlier event deleted");
            if (happened is { Kind: RoomEventKind.Delete, Ref: { } gone })
            {
                deleted.Add(gone);
                world.Expect(events[(int)gone - 1].Text is null, $"event {gone} of {room} was deleted, but still has its text");
            }

            ts = happened.Ts;
        }
    }

    /// <summary>
    /// Replays the events of a group. A join must come from a user who is not a member, and every other event from a
    /// member. The server may appoint an owner only if there is no owner. No event may remove the last owner while
    /// members remain.
    /// </summary>
    private void Rights(string room, IReadOnlyList<RoomEvent> events)
    {
        if (events is not [{ Kind: RoomEventKind.Join }, ..])
        {
            return;
        }

        var table = new MemberTable();
        foreach (var happened in events)
        {
            var (user, owners) = (table.Find(happened.From), table.Owners);
            if (happened.From == MemberChange.ServerUser)
            {
                world.Expect(owners == 0 && Member.Is(table.Find(happened.Text!).Role), $"event {happened.Seq} of {room} appoints {happened.Text}, but {happened.Text} is not a member, or the group already has an owner ({owners} owners)");
            }
            else
            {
                var isJoin = happened.Kind == RoomEventKind.Join;
                world.Expect(Member.Is(user.Role) != isJoin, $"event {happened.Seq} of {room} is a {happened.Kind} by {happened.From}, whose role was {user.Role}");
            }

            if (MemberRules.UserOf(happened.Kind, happened.From, happened.Text) is { } changed)
            {
                table.Set(MemberRules.Apply(table.Find(changed), happened.Seq, happened.Kind, happened.Text, happened.Meta));
            }

            world.Expect(owners == 0 || table.Owners > 0 || table.Members == 0, $"after event {happened.Seq}, {room} has members but no owner");
        }
    }

    private void Fate(Outgoing send)
    {
        var stored = world.Database.Events(send.Key).Where(happened => happened.From == send.Client.User && happened.ClientId == send.Send.Id).ToArray();
        world.Expect(send.Seq is null || stored is [var one] && one.Seq == send.Seq, $"{send.Send.Id} got ok with sequence {send.Seq}, but the log has {stored.FirstOrDefault()}");
        world.Expect(send.Seq is not null || send.Refused == 0 || send.Refused < send.Tries || stored.Length == 0, $"{send.Send.Id} was refused, but the log has it");
        if (send.Client.OneByOne && send.Seq is not null)
        {
            var next = world.Sends.Find(other => other.Client == send.Client && other.Key == send.Key && other.Number > send.Number && other.Seq is not null);
            world.Expect(next is null || next.Seq > send.Seq, $"{next?.Send.Id} was sent after the answer to {send.Send.Id}, but its sequence {next?.Seq} is not higher than {send.Seq}");
        }
    }

    /// <summary>
    /// Compares the room's last answer to <c>who</c> with the clients in the room that the asking user may see, and asks
    /// the room again. Returns the difference; null if there is none.
    /// </summary>
    private string? Presence(string room)
    {
        string[] here = [.. world.Clients.Where(client => client.Rooms.Any(view => view.Key == room && view.Place == Place.In)).Select(client => client.User).Distinct().Order()];
        if (here.Length == 0 || world.Database.Head(room).Claim == 0)
        {
            // A direct room has no attached users before its first message.
            return null;
        }

        if (_asking.Add(room))
        {
            Ask(room, here[0]);
        }

        // The users of a direct room do not see each other until both have sent an event.
        var seen = RoomKey.IsDirect(room) && world.Database.Events(room).Select(happened => happened.From).Distinct().Count() < 2 ? here[..1] : here;
        return _told.TryGetValue(room, out var told) && told.SequenceEqual(seen)
            ? null
            : $"{room} reports that {string.Join(' ', told ?? ["(no answer)"])} are attached, but {string.Join(' ', seen)} have joined";
    }

    private void Ask(string room, string user)
    {
        _ = world.Always.StartAsync(async () =>
        {
            try
            {
                var attendance = await Cluster.Create(world, world.Always).GetGrain<IRoomGrain>(room).WhoAsync(user, 1000);
                _told[room] = [.. (attendance.Users ?? []).Order()];
            }
            catch (Exception exception) when (exception is TimeoutException or IOException)
            {
                _told.Remove(room);
            }

            _asking.Remove(room);
        });
    }
}
