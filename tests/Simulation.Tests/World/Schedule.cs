using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;
using OrleansChat.Simulation.Tests.People;

namespace OrleansChat.Simulation.Tests.World;

/// <summary>Determines at random what the clients do and which faults happen.</summary>
internal sealed class Schedule(Simulated world, List<Client> clients)
{
    private Scheduler Scheduler => world.Scheduler;

    /// <summary>Starts the silos, gateways and clients, and schedules all actions and faults.</summary>
    /// <param name="until">The time after which no action or fault begins.</param>
    /// <returns>The names that the log uses for all rooms.</returns>
    public string[] Begin(out long until)
    {
        var silos = 1 + Scheduler.Next(2);
        var gateways = 2 + Scheduler.Next(2);
        (string Name, string Kind)[] rooms = [.. Enumerable.Range(1, 1 + Scheduler.Next(3)).Select(number => ($"r{number}", Scheduler.Next(3) == 0 ? "group" : "channel"))];
        for (; silos > 0; silos--)
        {
            world.Silos.Start();
        }

        for (; gateways > 0; gateways--)
        {
            world.Gateways.Start();
        }

        var people = 2 + Scheduler.Next(4);
        var direct = Scheduler.Next(3) == 0;
        for (var number = 1; number <= people; number++)
        {
            var user = $"u{(Scheduler.Next(3) == 0 ? 1 : number)}";
            var peer = !direct ? null : user switch
            {
                "u1" => "@u2",
                "u2" => "@u1",
                _ => null,
            };
            var known = rooms.Select(room => (room.Name, (string?)room.Kind));
            var client = new Client(world, $"c{number}", user, peer is null ? known : known.Append((peer, null)), _ => Scheduler.Next(3) > 0);
            clients.Add(client);
            Scheduler.After(Scheduler.Between(0, 2000), () => client.Node.Start(client.Connect));
        }

        var length = Scheduler.Between(3000, 12_000);
        until = length.Ticks;
        world.Network.Faults = Faults.Draw(Scheduler);
        world.Tell?.Invoke($"{world.Network.Faults}");
        for (var sends = 10 + Scheduler.Next(90); sends > 0; sends--)
        {
            var client = Scheduler.Pick(clients);
            var burst = Scheduler.Next(12) == 0 ? 15 : 1 + Scheduler.Next(3);
            var kind = Scheduler.Next(8) > 0 ? EventKind.Msg : Scheduler.Pick([EventKind.Edit, EventKind.Delete, EventKind.React]);
            Sometime(length, () => client.Node.Start(() => Say(client, burst, kind)));
            sends -= burst - 1;
        }

        Plague(length);
        return [.. rooms.Select(room => room.Name), .. direct ? [RoomKey.Direct("u1", "u2")] : Array.Empty<string>()];
    }

    private void Say(Client client, int times, EventKind kind)
    {
        var room = Scheduler.Pick([.. client.Rooms]).Name;
        for (; times > 0; times--)
        {
            client.Send(room, kind);
        }

        if (Scheduler.Next(10) == 0)
        {
            client.Repeat(room);
        }
    }

    /// <summary>
    /// Schedules the faults. Each kind of fault occurs only with some seeds. So with some seeds, one kind occurs alone.
    /// </summary>
    private void Plague(TimeSpan length)
    {
        Some(6, length, () => Scheduler.Pick(clients).Cut());
        Some(6, length, () => On(client => client.Leave(RoomOf(client), Scheduler.Next(2) == 0)));
        Some(8, length, () => On(client => client.Join(RoomOf(client))));
        Some(2, length, () => world.Gateways.Crash(Scheduler.Pick(world.Gateways.Living)), () => world.Gateways.Living.Count > 1);
        Some(2, length, () => world.Gateways.Freeze(Scheduler.Pick(world.Gateways.Living), Scheduler.Between(100, 9000)), () => world.Gateways.Living.Count > 1);
        Some(2, length, () => world.Silos.Crash(Scheduler.Pick(world.Silos.Living)), () => world.Silos.Living.Count > 0);
        Some(4, length, () => Scheduler.Pick(world.Silos.Activations).Leave(), () => world.Silos.Activations.Count > 0);
        Some(3, length, Split, () => world.Silos.Activations.Count > 0 && world.Silos.Living.Count > 1);
        Some(2, length, () => world.Inboxes.Silence(Scheduler.Pick(world.Gateways.Living).Id), () => world.Gateways.Living.Count > 0);
        Some(3, length, () => world.Database.AwayUntil = Scheduler.Now + Scheduler.Between(50, 3000).Ticks);
        Some(5, length, () => Scheduler.Pick(clients).SlowMs = Scheduler.Pick([0, 20, 200, 1500]));
    }

    private void Split()
    {
        var older = Scheduler.Pick(world.Silos.Activations);
        world.Silos.Split(older, world.Gateways.Living.Where(_ => Scheduler.Next(2) == 0).Select(gateway => gateway.Node));
        if (Scheduler.Next(2) == 0)
        {
            Scheduler.After(Scheduler.Between(10, 4000), older.Leave);
        }
    }

    private void On(Action<Client> does)
    {
        var client = Scheduler.Pick(clients);
        client.Node.Start(() => does(client));
    }

    private string RoomOf(Client client) => Scheduler.Pick([.. client.Rooms]).Name;

    private void Some(int most, TimeSpan length, Action does, Func<bool>? can = null)
    {
        for (var times = Scheduler.Next(3) == 0 ? 1 + Scheduler.Next(most) : 0; times > 0; times--)
        {
            Sometime(length, () =>
            {
                if (can?.Invoke() is not false)
                {
                    does();
                }
            });
        }
    }

    private void Sometime(TimeSpan length, Action does) => Scheduler.After(Scheduler.Between(0, (int)length.TotalMilliseconds), does);
}
