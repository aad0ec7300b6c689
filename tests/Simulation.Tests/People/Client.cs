using System.Globalization;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;
using OrleansChat.Simulation.Tests.Parts;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.People;

/// <summary>
/// A client that follows the protocol. If a send gets no answer, the client repeats it with the same id. The client may
/// reconnect to any gateway, and resumes there with its cursors. The client trusts nothing: it compares each frame with
/// the earlier frames and with the log.
/// </summary>
internal sealed partial class Client
{
    private readonly Simulated _world;
    private readonly Dictionary<string, RoomView> _rooms = [];
    private readonly int _window;
    private Socket? _socket;
    private bool _welcome;
    private long _ids;
    private long _sent;
    private int _slowMs;

    /// <summary>A room that no client creates. A cursor for this room must not create the room.</summary>
    public const string Nowhere = "nowhere";

    public Client(Simulated world, string name, string user, IEnumerable<(string Name, string? Kind)> rooms, Predicate<string> wants)
    {
        (_world, User) = (world, user);
        Node = new(world.Scheduler, name, inTurns: true, TimeSpan.Zero);
        _window = world.Scheduler.Pick([1, 1, 4, 20]);
        foreach (var (room, kind) in rooms)
        {
            _rooms[room] = new(room, RoomNames.ToKey(room, user), kind) { Wanted = wants(room) };
        }
    }

    public Node Node { get; }

    public string User { get; }

    /// <summary>Whether the client waits for each answer before the next send.</summary>
    public bool OneByOne => _window == 1;

    /// <summary>The gateway that the client is connected to; null if it is not connected.</summary>
    public GatewayProcess? Gateway => _socket?.Gateway;

    public IReadOnlyCollection<RoomView> Rooms => _rooms.Values;

    /// <summary>How many milliseconds the client takes for one read.</summary>
    public int SlowMs
    {
        get => _slowMs;
        set
        {
            _slowMs = value;
            _socket?.SlowMs = value;
        }
    }

    /// <summary>Connects to an open gateway. If no gateway is open, the client retries later.</summary>
    public void Connect()
    {
        if (_socket is not null)
        {
            return;
        }

        var open = _world.Gateways.Living.Where(gateway => gateway is { Open: true, Node.Frozen: false }).ToArray();
        if (open.Length == 0)
        {
            _world.Scheduler.After(_world.Scheduler.Between(50, 500), () => Node.Start(Connect));
            return;
        }

        var socket = _socket = new(_world, _world.Scheduler.Pick(open), this) { SlowMs = _slowMs };
        _welcome = false;
        var resumed = _rooms.Values.Where(view => view is { Wanted: true, Cursor: not null, Epoch: not null }).ToArray();
        foreach (var view in resumed)
        {
            (view.Place, view.JoinId, view.AskedAfter) = (Place.Joining, null, view.Cursor);
        }

        _world.Tell?.Invoke($"{Node.Name} ({User}) connects to {socket.Gateway.Node.Name}, {string.Join(' ', resumed.Select(view => $"{view.Name}@{view.Cursor}"))}");
        var cursors = resumed.Select(view => new ResumeRoom(view.Name, view.Cursor!.Value, view.Epoch));
        socket.Say(new Hello(NextId(), null, null, [.. _world.Scheduler.Next(6) == 0 ? cursors.Append(new(Nowhere, 0, null)) : cursors]));
    }

    public void Lost(Socket socket)
    {
        if (socket != _socket)
        {
            return;
        }

        _world.Tell?.Invoke($"{Node.Name} lost its connection");
        _socket = null;
        foreach (var view in _rooms.Values)
        {
            (view.Place, view.LeaveId) = (Place.Out, null);
            view.Stored.Clear();
            view.Waiting.InsertRange(0, view.InFlight.OrderBy(one => one.Number));
            view.InFlight.Clear();
        }

        _world.Scheduler.After(_world.Scheduler.Between(1, 800), () => Node.Start(Connect));
    }

    public void Cut() => _socket?.Cut();

    public void Send(string room, EventKind kind)
    {
        var view = _rooms[room];
        if (!view.Wanted)
        {
            return;
        }

        var own = kind is EventKind.Edit or EventKind.Delete;
        long? about = kind == EventKind.Msg ? null : own && view.Own.Count > 0 ? _world.Scheduler.Pick(view.Own) : own ? -1 : view.Message ?? -1;
        if (about == -1)
        {
            return;
        }

        var id = NextId();
        var text = kind == EventKind.Delete ? null : kind == EventKind.React ? "👍" : $"{id} says something";
        var outgoing = new Outgoing(this, room, view.Key, ++_ids, new Send(id, room, kind, text, about, null, null));
        _world.Sends.Add(outgoing);
        view.Waiting.Add(outgoing);
        Pump(view);
    }

    /// <summary>Repeats an answered send, like a client that did not receive the answer.</summary>
    public void Repeat(string room)
    {
        var view = _rooms[room];
        var done = _world.Sends.Where(one => one.Client == this && one.Room == room && one.Seq is not null && !view.InFlight.Contains(one) && !view.Waiting.Contains(one)).ToArray();
        if (done.Length > 0)
        {
            view.Waiting.Add(_world.Scheduler.Pick(done));
            Pump(view);
        }
    }

    public void Join(string room)
    {
        var view = _rooms[room];
        view.Wanted = true;
        if (_socket is not null && _welcome && view.Place is Place.Out or Place.In)
        {
            AskIn(view);
        }
    }

    public void Leave(string room, bool forGood)
    {
        var view = _rooms[room];
        if (_socket is not null && view.Place == Place.In)
        {
            view.Wanted = false;
            view.Place = Place.Leaving;
            (view.LeaveId, view.LeavesForGood) = (NextId(), forGood);
            _world.Tell?.Invoke($"{Node.Name} leaves {room}{(forGood ? " for good" : "")} at {view.Cursor}");
            _socket.Say(new Leave(view.LeaveId, room, KeepMembership: !forGood));
        }
    }

    /// <summary>Returns what the client still waits for; null if it waits for nothing.</summary>
    public string? Unsettled()
    {
        if (_socket is null || !_welcome)
        {
            return $"{Node.Name} is not connected";
        }

        foreach (var view in _rooms.Values)
        {
            if (view.Place != (view.Wanted ? Place.In : Place.Out))
            {
                return $"{Node.Name} has the state {view.Place} in {view.Name}";
            }

            if (view.Wanted && view.Waiting.Count + view.InFlight.Count > 0)
            {
                return $"{Node.Name} has {view.Waiting.Count} sends to {view.Name} in its queue and {view.InFlight.Count} without an answer";
            }

            var head = _world.Database.Head(view.Key).Seq;
            if (view.Wanted && view.Cursor != head)
            {
                return $"{Node.Name} has cursor {view.Cursor} of {view.Name}, but the head is {head}";
            }
        }

        return null;
    }

    private void AskIn(RoomView view)
    {
        (view.Place, view.JoinId, view.AskedAfter) = (Place.Joining, NextId(), view.Cursor);
        _world.Tell?.Invoke($"{Node.Name} joins {view.Name} after {view.Cursor}");
        _socket!.Say(new Join(view.JoinId, view.Name, view.Cursor, view.Epoch, null, view.Kind));
    }

    /// <summary>Runs an action after a delay, unless the current connection has ended by then.</summary>
    private void AfterOnThisConnection(TimeSpan wait, Action then)
    {
        var socket = _socket;
        _world.Scheduler.After(wait, () => Node.Start(() =>
        {
            if (_socket == socket)
            {
                then();
            }
        }));
    }

    private static void Out(RoomView view)
    {
        (view.Place, view.Wanted) = (Place.Out, false);
        view.Waiting.Clear();
        view.InFlight.Clear();
    }

    private void Pump(RoomView view)
    {
        while (_socket is not null && view.Place == Place.In && view.Waiting.Count > 0 && view.InFlight.Count < _window)
        {
            var next = view.Waiting[0];
            view.Waiting.RemoveAt(0);
            view.InFlight.Add(next);
            next.Tries++;
            next.Sent = ++_sent;
            _world.Tell?.Invoke($"{Node.Name} sends {next.Send.Id} ({next.Send.Kind}) to {view.Name}");
            _socket.Say(next.Send);
        }
    }

    private string NextId() => string.Create(CultureInfo.InvariantCulture, $"{Node.Name}-{++_ids}");

    private void Expect(bool holds, string otherwise) => _world.Expect(holds, $"{Node.Name} {otherwise}");
}
