using System.Diagnostics;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// The session of one authenticated user on one connection. It turns commands into calls to rooms, and turns the rooms'
/// events and replies into frames. It has a cursor for each room. It does no I/O: frames go to the connection send
/// queue, and calls go through <see cref="IRooms"/> and <see cref="IUsers"/>.
/// </summary>
/// <remarks>
/// Three kinds of threads use a session: the connection's reader (commands), the feeds (events), and callbacks with
/// grains' answers. Each thread holds the lock briefly, and never waits while it holds the lock. Lock order: feed,
/// session, connection send queue.
/// </remarks>
internal sealed partial class Session(
    string id, string user, IWireFormat format, SessionConnection connection, SessionServices services, UserClaims? claims = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Subscription> _subscriptions = [];
    private readonly Invitations _invitations = new(services.Limits.RoomsPerConnection);

    /// <summary>Set whenever a room answers a command.</summary>
    private readonly SingleWaiterAutoResetEvent _answered = new();

    /// <summary>The question in progress (a command such as history); a completed task if there is none.</summary>
    private Task _question = Task.CompletedTask;

    /// <summary>Number of commands that wait for a room's answer.</summary>
    private int _inFlight;
    private Opening _opening;

    /// <summary>The <see cref="Subscription.Order"/> of the newest subscription.</summary>
    private long _order;

    /// <summary>True while the session is registered with the user's grain.</summary>
    private bool _connected;

    /// <summary>True once <see cref="CloseAsync"/> was called. The session sends nothing any more.</summary>
    private bool _over;

    /// <summary>Unique, and never reused.</summary>
    public string Id => id;

    public string User => user;

    /// <summary>The name of the client's device, or null.</summary>
    public string? Device { get; private set; }

    /// <summary>The rooms that the session is in. Each room has the name that this user uses for it.</summary>
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

    /// <summary>
    /// Registers the session with the user's grain. Returns false if the session cannot start: the user has too many
    /// connections or connects too often, or the connection closed in the meantime.
    /// </summary>
    /// <param name="cursors">Number of rooms that the client's <c>hello</c> resumes.</param>
    public async Task<bool> StartAsync(string? device, int cursors = 0)
    {
        Device = device;
        _opening = await services.Users.ConnectAsync(this, device, cursors);
        if (_opening.Admission == Admission.TooOften)
        {
            connection.End(CloseCode.ConnectingTooOften, "this user opens connections too often", _opening.RetryMs);
            return false;
        }

        if (_opening.Admission != Admission.Admitted)
        {
            End(CloseCode.TooManyConnections, $"a user may have up to {services.Limits.ConnectionsPerUser} connections");
            return false;
        }

        lock (_gate)
        {
            _connected = !_over;
        }

        if (!_connected)
        {
            services.Users.Disconnect(this);
        }

        return _connected;
    }

    /// <summary>
    /// Returns true if a command other than a send may be carried out. If the command exceeds the connection's or the
    /// user's budget, this method sends an error, waits until the budget allows another command, and then returns
    /// false. So a client gets refusals no faster than it may send commands.
    /// </summary>
    /// <param name="isLocal">
    /// True if this gateway answers the command without the cluster. The user's budget is only for commands that use
    /// the cluster.
    /// </param>
    public async ValueTask<bool> AdmitsAsync(string? commandId, bool isLocal = false)
    {
        var wait = connection.Commands.Take();
        if (wait == 0 && !isLocal)
        {
            wait = await services.Users.TakeAsync(user, BudgetKind.Commands);
        }

        if (wait > 0)
        {
            Answer(new Err(commandId, ChatErrorCode.RateLimited, "rate limited", wait));
            await Task.Delay(TimeSpan.FromMilliseconds(wait), services.Time, connection.Gone);
            return false;
        }

        return true;
    }

    /// <summary>
    /// Handles one command. The caller must not handle the connection's next command before the task completes. This
    /// method waits in these cases:
    /// <list type="bullet">
    /// <item>CommandsInFlight commands wait for a room's answer.</item>
    /// <item>A send waits for the user's budget. If the send is refused, it also waits for the connection's
    /// allowance.</item>
    /// <item>A question (a command such as history, see Session.Questions.cs) waits until the previous question is
    /// answered and the send queue has space. So does a hello that asks for conversations.</item>
    /// </list>
    /// </summary>
    /// <param name="stored">For a send: called after the answer, if the event is stored.</param>
    public async ValueTask HandleAsync(ClientCommand command, Action? stored = null)
    {
        while (Volatile.Read(ref _inFlight) >= services.Options.CommandsInFlight)
        {
            await _answered.WaitAsync(connection.Gone);
        }

        switch (command)
        {
            case Hello hello:
                services.Users.Charge(user, BudgetKind.Commands, 1);
                Answer(new Welcome(hello.Id, user, id, services.Limits, (int)services.Heartbeat.TotalMilliseconds, (int)services.Options.PresenceBound.TotalMilliseconds, connection.Expiry.Exp));
                for (var i = 0; i < hello.Rooms.Count; i++)
                {
                    var room = hello.Rooms[i];
                    if (i < _opening.Cursors)
                    {
                        Join(new(null, room.Room, room.Seq, room.Epoch, null, null), Entry.Resumed);
                    }
                    else
                    {
                        Answer(new Err(null, ChatErrorCode.RateLimited, "too many rooms resumed", Math.Max(1, _opening.RetryMs)) { Room = room.Room });
                    }
                }

                KeyValuePair<string, long>[] pending;
                lock (_gate)
                {
                    pending = _invitations.Begin();
                }

                foreach (var (room, after) in pending)
                {
                    Reach(room, after);
                }

                if (hello.Conversations is { } limit)
                {
                    await AskAsync(null, ConversationsBytes, () => ListAsync(new(null, null, null, limit, hello.Since)));
                }

                break;
            case Join join:
                Join(join, join.Resume ? Entry.Resumed : Entry.Asked);
                break;
            case Leave leave:
                Leave(leave);
                break;
            case Send send:
                await SendAsync(send, stored);
                break;
            case Mark mark:
                SendNoReply(mark.Id, mark.Room, room => new MarkRead(user, mark.Read) { Claimed = ClaimedIn(room) });
                break;
            case Typing typing:
                if (IsIn(typing.Room, out var typingIn))
                {
                    services.Rooms.Typing(typingIn, user, ClaimedIn(typingIn));
                }

                break;
            case History history:
                await AskAsync(history.Id, EventBytes.Page, () => PageAsync(history));
                break;
            case Who who:
                await AskAsync(who.Id, 0, () => WhoAsync(who));
                break;
            case Conversations list:
                await AskAsync(list.Id, ConversationsBytes, () => ListAsync(list));
                break;
            case SetConversation set:
                await AskAsync(set.Id, 0, () => SetAsync(set));
                break;
            case Members members:
                await AskAsync(members.Id, MembersBytes, () => MembersAsync(members));
                break;
            case Readers readers:
                await AskAsync(readers.Id, ReadersBytes, () => ReadersAsync(readers));
                break;
            case Block or Unblock or Blocks:
                await AskBlocksAsync(command);
                break;
            case Report or Reports or Dismiss:
                await AskReportsAsync(command);
                break;
            case Create create:
                Create(create);
                break;
            case Ping ping:
                Answer(new Pong(ping.Id));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(command), command, "a session handles every command except auth");
        }
    }

    /// <summary>
    /// Handles a notification: enters a room that the user belongs to and that has new events. Before hello, the
    /// notification waits. Does nothing if the session is in the room, or if the client left the room. If the
    /// connection has no place for the room, the oldest room that the client did not ask for is displaced. But if the
    /// client also does not read its answers, the session does not enter the new room: the client gets only
    /// <c>left</c> for this room.
    /// </summary>
    public void Reach(string room, long after)
    {
        lock (_gate)
        {
            if (_invitations.TryDefer(room, after))
            {
                return;
            }
        }

        Join(new(null, RoomNames.ToName(room, user), after, null, null, null), Entry.Notified);
    }

    /// <summary>Ends the connection. The session is closed when the connection is gone.</summary>
    public void End(CloseCode code, string reason) => connection.End(code, reason);

    /// <summary>
    /// Waits until the answers to all handled commands are in the send queue. The caller must not handle further
    /// commands.
    /// </summary>
    public async Task WaitForAnswersAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _inFlight) > 0)
        {
            await _answered.WaitAsync(cancellationToken);
        }

        await _question.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Closes the session because the connection is gone, or because another session takes over the connection. Leaves
    /// all rooms, and drops the events that were not written.
    /// </summary>
    /// <returns>
    /// The rooms that the session was in, each with the last sequence that was written; null if the room had not
    /// answered yet.
    /// </returns>
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
            connection.SendQueue.DropEvents();
            cursors = [.. left.Select(subscription => (subscription.View.Room, subscription.End()))];
        }

        foreach (var subscription in left)
        {
            services.Rooms.Exit(subscription, answered: null);
        }

        if (connected)
        {
            services.Users.Disconnect(this);
        }

        await catchUp;
        await _question;
        return cursors;
    }

    /// <summary>Queues an answer to this session's client.</summary>
    public void Answer(ServerFrame frame) => Answer(frame, format);

    private void Answer(ServerFrame frame, IWireFormat by)
    {
        var bytes = by.Encode(frame, own: false);
        lock (_gate)
        {
            // After CloseAsync, another session may use this connection.
            if (!_over && !bytes.IsEmpty)
            {
                connection.SendQueue.EnqueueAnswer(bytes);
            }
        }
    }

    private bool IsIn(string name, out string room)
    {
        room = RoomNames.ToKey(name, user);
        lock (_gate)
        {
            return _subscriptions.ContainsKey(room);
        }
    }

    /// <summary>Fails in debug builds if the current thread does not hold the session's lock.</summary>
    [Conditional("DEBUG")]
    public void AssertLocked() => Debug.Assert(_gate.IsHeldByCurrentThread, "The session's lock guards its subscriptions.");

    private void CountAnswer()
    {
        Interlocked.Decrement(ref _inFlight);
        _answered.Set();
    }
}
