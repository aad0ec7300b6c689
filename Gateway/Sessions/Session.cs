using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// One authenticated conversation: turns commands into calls of rooms, and what rooms say into frames, with a cursor a room. It does
/// no I/O: frames go to an outbox, calls through <see cref="IRooms"/> and <see cref="IUsers"/>.
/// </summary>
/// <remarks>
/// Three threads meet here: the connection's reader (commands), the feeds (events) and the answers of grains. Each holds the lock for
/// a moment and never waits in it. Lock order: feed, session, outbox.
/// </remarks>
internal sealed partial class Session(string id, string user, IWireFormat format, SessionWire wire, SessionPorts ports)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Subscription> _subscriptions = [];
    private HashSet<string>? _left;
    private readonly Connections.Signal _answered = new();
    private Dictionary<string, long>? _rung = [];
    private Task _question = Task.CompletedTask;
    private int _inFlight;
    private bool _connected;
    private bool _over;

    /// <summary>Unique for ever.</summary>
    public string Id => id;

    /// <summary>Who speaks.</summary>
    public string User => user;

    /// <summary>The device's own name, or null.</summary>
    public string? Device { get; private set; }

    /// <summary>The rooms it is in, as this user names them.</summary>
    public IReadOnlyList<string> Rooms
    {
        get
        {
            lock (_gate)
            {
                return [.. _subscriptions.Values.Select(subscription => subscription.View.Room)];
            }
        }
    }

    /// <summary>Starts the conversation. False where the user has too many connections: it has ended then.</summary>
    public async Task<bool> StartAsync(string? device)
    {
        Device = device;
        if (!await ports.Users.ConnectAsync(this, device))
        {
            End(CloseCode.TooManyConnections, $"a user may have {ports.Limits.ConnectionsPerUser} connections");
            return false;
        }

        lock (_gate)
        {
            _connected = !_over;
        }

        if (!_connected)
        {
            ports.Users.Disconnect(this);
        }

        return _connected;
    }

    /// <summary>
    /// Whether a command that is no send may be carried out. One that comes faster than the connection may ask is answered here, and this
    /// returns when there is one to take again: refusals come no faster either.
    /// </summary>
    public async ValueTask<bool> AdmitsAsync(string? commandId)
    {
        if (wire.Commands.Take() is > 0 and var wait)
        {
            Answer(new Err(commandId, ErrorCode.RateLimited, "rate limited", wait));
            await Task.Delay(TimeSpan.FromMilliseconds(wait), ports.Time, wire.Gone);
            return false;
        }

        return true;
    }

    /// <summary>Carries out one command. Returns at once unless too many commands wait for their answers, or it is a send that is refused.</summary>
    public async ValueTask HandleAsync(ClientCommand command)
    {
        while (Volatile.Read(ref _inFlight) >= ports.Options.CommandsInFlight)
        {
            await _answered.WaitAsync(wire.Gone);
        }

        switch (command)
        {
            case Hello hello:
                Answer(new Welcome(hello.Id, user, id, ports.Limits, ports.HeartbeatMs, ports.Options.PresenceBoundMs, wire.Expiry.Exp));
                foreach (var room in hello.Rooms)
                {
                    Join(new(null, room.Room, room.Seq, room.Epoch, null, null), Entry.Resumed);
                }

                foreach (var (room, after) in Rung())
                {
                    Reach(room, after);
                }

                break;
            case Join join:
                Join(join);
                break;
            case Leave leave:
                Leave(leave);
                break;
            case Send send:
                await SendAsync(send);
                break;
            case Mark mark:
                Tell(mark.Id, mark.Room, new MarkRead(user, mark.Read));
                break;
            case Typing typing:
                if (IsIn(typing.Room, out var typingIn))
                {
                    ports.Rooms.Typing(typingIn, user);
                }

                break;
            case History history:
                await AskAsync(history.Id, () => PageAsync(history));
                break;
            case Who who:
                await AskAsync(who.Id, () => WhoAsync(who));
                break;
            case Ping ping:
                Answer(new Pong(ping.Id));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(command), command, "the family is closed, and auth is the conversation's");
        }
    }

    /// <summary>Puts the session into a room it belongs to without having joined: somebody wrote to it there.</summary>
    public void Reach(string room, long after)
    {
        lock (_gate)
        {
            if (_rung is not null)
            {
                // Before its hello: the welcome comes first, and a cursor of the hello before a bell's.
                if (_rung.Count < ports.Limits.RoomsPerConnection)
                {
                    _rung[room] = Math.Min(after, _rung.GetValueOrDefault(room, after));
                }

                return;
            }
        }

        Join(new(null, RoomNames.NameOf(room, user), after, null, null, null), Entry.Rung);
    }

    /// <summary>Hands events of a feed to the outbox. Called under the feed's lock, in sequence.</summary>
    public void Offer(Subscription subscription, EncodedRun run)
    {
        lock (_gate)
        {
            if (subscription.State != SubscriptionState.Live || run.Last <= subscription.Queued)
            {
                return;
            }

            if (subscription.Queued >= run.First)
            {
                // It came to the head by way of the log, which was further than the feed.
                run = run.After(subscription.Queued);
            }

            if (!subscription.TryPostFrame(wire.Outbox, run.For(subscription.View), run.Last))
            {
                Lag();
            }
        }
    }

    /// <summary>
    /// The user's membership ended with an event. True where this subscription ends with it: one that was let in after it belongs to a
    /// new membership. Called under the feed's lock, after the event was offered, and by the catching up that hands the event over.
    /// </summary>
    public bool EndsWith(Subscription subscription, long seq)
    {
        lock (_gate)
        {
            if (subscription.State == SubscriptionState.Entering)
            {
                subscription.EndedAt = seq;
            }

            if (subscription.State is not (SubscriptionState.Live or SubscriptionState.Behind) || subscription.EnteredAt >= seq)
            {
                return false;
            }

            EndMembership(subscription, told: subscription.Queued >= seq);
            return true;
        }
    }

    /// <summary>Under the lock: its user is no member any more.</summary>
    /// <param name="told">True where it was handed the event that says so.</param>
    private void EndMembership(Subscription subscription, bool told)
    {
        if (!told)
        {
            Answer(Frames.Error(null, Refusal.NotMember) with { Room = subscription.View.Room });
        }

        subscription.End();
        if (_subscriptions.TryGetValue(subscription.Room, out var current) && current == subscription)
        {
            _subscriptions.Remove(subscription.Room);
        }
    }

    /// <summary>Hands state to the outbox: the latest wins, so one that does not fit is let go.</summary>
    public void Offer(Subscription subscription, EncodedState state)
    {
        lock (_gate)
        {
            if (subscription.State is not (SubscriptionState.Live or SubscriptionState.Behind))
            {
                return;
            }

            var bytes = state.For(subscription.View);
            if (!bytes.IsEmpty)
            {
                wire.Outbox.TryPost(bytes, null, 0);
            }
        }
    }

    /// <summary>Ends the connection. The session closes when the connection is gone.</summary>
    public void End(CloseCode code, string reason) => wire.End(code, reason);

    /// <summary>Waits until every command that was handled has its answer in the outbox. For when no further one comes.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _inFlight) > 0)
        {
            await _answered.WaitAsync(cancellationToken);
        }

        await _question.WaitAsync(cancellationToken);
    }

    /// <summary>The connection is gone, or somebody else speaks on it from now on: leaves every room and takes back what was not written.</summary>
    /// <returns>The rooms it was in, each with the last sequence on the wire; null where the room had not answered yet.</returns>
    public async Task<IReadOnlyList<(string Room, long? After)>> CloseAsync()
    {
        (string, long?)[] cursors;
        Subscription[] left;
        Task catchUp;
        bool connected;
        lock (_gate)
        {
            _over = true;
            connected = _connected;
            _connected = false;
            catchUp = _catchUp;
            left = [.. _subscriptions.Values];
            _subscriptions.Clear();
            wire.Outbox.DropPosts();
            cursors = [.. left.Select(subscription => (subscription.View.Room, subscription.End()))];
        }

        foreach (var subscription in left)
        {
            ports.Rooms.Exit(subscription, endMembership: false, answered: null);
        }

        if (connected)
        {
            ports.Users.Disconnect(this);
        }

        await catchUp;
        await _question;
        return cursors;
    }

    /// <summary>Writes a frame that answers this session.</summary>
    public void Answer(ServerFrame frame) => Answer(frame, format);

    private void Answer(ServerFrame frame, IWireFormat by)
    {
        var bytes = by.Encode(frame, own: false);
        lock (_gate)
        {
            // A session that is over says nothing more: another one may speak on this connection now.
            if (!_over && !bytes.IsEmpty)
            {
                wire.Outbox.Answer(bytes);
            }
        }
    }

    private bool IsIn(string name, out string room)
    {
        room = RoomNames.KeyOf(name, user);
        lock (_gate)
        {
            return _subscriptions.ContainsKey(room);
        }
    }

    /// <summary>The bells that rang before the hello; from now on they bring the session in at once.</summary>
    private Dictionary<string, long> Rung()
    {
        lock (_gate)
        {
            var rung = _rung ?? [];
            _rung = null;
            return rung;
        }
    }

    private void Settled()
    {
        Interlocked.Decrement(ref _inFlight);
        _answered.Set();
    }
}
