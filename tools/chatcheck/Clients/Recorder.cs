using System.Collections.Concurrent;
using System.Text.Json;
using OrleansChat.ChatCheck.Histories;
using OrleansChat.ChatCheck.Reporting;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// Records what the clients of a run do and receive. Any number of threads may record at the same time.
/// </summary>
internal sealed class Recorder
{
    private const int MaxKept = 1000; // Maximum length of each list of errors. The report needs only the first errors.

    private readonly Lock _lock = new();
    private readonly string _run;
    private readonly int _mixed;
    private readonly Disturbances _disturbances;
    private readonly List<string> _users = [];
    private readonly ConcurrentDictionary<string, int> _numbers = new();
    private readonly List<string> _strangers = [];
    private readonly List<ReaderStream> _streams = [];
    private readonly List<PageSeen> _pages = [];
    private readonly List<Stay> _stays = [];
    private readonly List<Absence> _absences = [];
    private readonly List<WhoSeen> _whos = [];
    private readonly List<LateEvent> _late = [];
    private readonly List<Refusal> _refusals = [];
    private readonly List<Contradiction> _contradictions = [];
    private readonly CountsList _counts = new();
    private readonly List<ListFault> _listFaults = [];
    private readonly List<FinalList> _finalLists = [];
    private readonly long _lateAfter;
    private int _connections;

    /// <param name="mixed">How many of the rooms are alternately channels and groups. The rooms after them are
    /// channels.</param>
    /// <param name="lateAfter">Maximum time from the ok of a message to its arrival at a client that is in the room; null
    /// to skip this check.</param>
    public Recorder(Clock clock, string run, IReadOnlyList<string> rooms, int mixed, Disturbances disturbances, TimeSpan? lateAfter)
    {
        (Clock, _run, Rooms, _mixed, _disturbances) = (clock, run, rooms, mixed, disturbances);
        _lateAfter = lateAfter is { } after ? Clock.Of(after) : long.MaxValue;
        Events = new(Sends, rooms, NumberOf);
        Figures = new(disturbances);
    }

    public Clock Clock { get; }

    public IReadOnlyList<string> Rooms { get; }

    public SendList Sends { get; } = new();

    /// <summary>Whether a room is a group; otherwise it is a channel.</summary>
    public bool IsGroup(int room) => room < _mixed && room % 2 == 1;

    /// <summary>Writes the events of this run, and recognizes them.</summary>
    public SentEvents Events { get; }

    public Figures Figures { get; }

    /// <summary>Adds a user, whose name is unique to this run, and returns the user's number.</summary>
    public int AddUser(string kind)
    {
        lock (_lock)
        {
            var name = $"{kind}-{_run}";
            _numbers[name] = _users.Count;
            _users.Add(name);
            return _users.Count - 1;
        }
    }

    public string NameOf(int user)
    {
        lock (_lock)
        {
            return _users[user];
        }
    }

    public int UserCount
    {
        get
        {
            lock (_lock)
            {
                return _users.Count;
            }
        }
    }

    /// <summary>Returns the number of a user; -1 if the user does not belong to this run.</summary>
    public int NumberOf(string user) => _numbers.GetValueOrDefault(user, -1);

    public int AddConnection() => Interlocked.Increment(ref _connections);

    /// <summary>
    /// Adds the stream of a client in a room. The client starts with the cursor <paramref name="from"/>.
    /// </summary>
    public ReaderStream AddStream(int user, int room, int from, bool settled = true)
    {
        var stream = new ReaderStream(user, room, from, [], settled);
        lock (_lock)
        {
            _streams.Add(stream);
        }

        return stream;
    }

    /// <summary>
    /// Finds the send of this run that produced an event. <see cref="MessageLogEntry.Send"/> is below 0 if there is no
    /// such send, or if the event differs from the send.
    /// </summary>
    public MessageLogEntry Read(JsonElement ev)
    {
        var entry = new MessageLogEntry(ev.GetProperty("seq").GetInt32(), Events.Find(ev)) { Replies = Json.NumberOf(ev, "replies") };
        if (entry.Send >= 0)
        {
            return entry;
        }

        lock (_lock)
        {
            if (_strangers.Count < MaxKept)
            {
                _strangers.Add(ev.GetRawText());
            }

            return entry with { Send = ~(_strangers.Count - 1) };
        }
    }

    /// <summary>Records that a send got ok. A second ok with another sequence is recorded as a contradiction.</summary>
    public void Acked(int number, int seq)
    {
        ref var send = ref Sends[number];
        lock (_lock)
        {
            if (send.Outcome is Outcome.Acked)
            {
                if (send.Seq != seq && _contradictions.Count < MaxKept)
                {
                    _contradictions.Add(new(number, send.Seq, seq));
                }

                return;
            }

            (send.Seq, send.AnsweredAt, send.Outcome) = (seq, Clock.Now, Outcome.Acked);
        }

        Figures.WasAcked(send.InvokedAt, send.AnsweredAt, send.Attempts);
    }

    /// <summary>Records an error that a send must not get.</summary>
    /// <param name="over">Whether the error is final, so that the client does not retry the send.</param>
    public void Refused(int number, Answer answer, bool over)
    {
        ref var send = ref Sends[number];
        lock (_lock)
        {
            send.Outcome = over && send.Outcome is Outcome.Unknown ? Outcome.Refused : send.Outcome;
            if (_refusals.Count < MaxKept)
            {
                _refusals.Add(new(number, answer.Code, answer.Message, Clock.Now));
            }
        }
    }

    /// <summary>
    /// Records that an event arrived at a client. The client's connection has been in the room since
    /// <paramref name="enteredAt"/>.
    /// </summary>
    public void Came(int user, int room, MessageLogEntry entry, long enteredAt, long now)
    {
        if (entry.Send < 0)
        {
            return;
        }

        ref var send = ref Sends[entry.Send];
        if (send.InvokedAt < enteredAt)
        {
            return; // The message was sent before the client entered, so this is not a live delivery.
        }

        Figures.Came(send.InvokedAt, now);
        if (Volatile.Read(ref send.AnsweredAt) is > 0 and var answered && now - answered > _lateAfter)
        {
            lock (_lock)
            {
                if (_late.Count < MaxKept)
                {
                    _late.Add(new(user, room, entry.Seq, entry.Send, answered, now));
                }
            }
        }
    }

    public void Saw(PageSeen page) => Keep(_pages, page);

    public void Saw(Stay stay) => Keep(_stays, stay);

    public void Saw(Absence absence) => Keep(_absences, absence);

    public void Saw(CountsSeen counts) => _counts.Add(counts);

    public void Saw(FinalList list) => Keep(_finalLists, list);

    public void Saw(ListFault fault)
    {
        lock (_lock)
        {
            if (_listFaults.Count < MaxKept)
            {
                _listFaults.Add(fault);
            }
        }
    }

    public void SawWho(int asker, int room, int gateway, long askedAt, IReadOnlyList<string> users) => Keep(
        _whos, new WhoSeen(asker, room, gateway, askedAt, Clock.Now, [.. users.Select(NumberOf).Where(user => user >= 0)]));

    /// <summary>
    /// Returns everything that was recorded. Call this method only after all clients have ended, because it does not
    /// copy the lists.
    /// </summary>
    public History ToHistory(IReadOnlyList<string> gateways, IReadOnlyList<IReadOnlyList<MessageLogEntry>> logs, TimeSpan presenceBound) => new()
    {
        Users = _users,
        Rooms = Rooms,
        Gateways = gateways,
        Sends = Sends,
        Logs = logs,
        Streams = _streams,
        Pages = _pages,
        Stays = _stays,
        Absences = _absences,
        Whos = _whos,
        Disturbances = _disturbances.ToList(),
        Late = _late,
        Refusals = _refusals,
        Contradictions = _contradictions,
        Counts = _counts,
        ListFaults = _listFaults,
        FinalLists = _finalLists,
        Strangers = _strangers,
        PresenceBound = Clock.Of(presenceBound),
    };

    private void Keep<T>(List<T> all, T one)
    {
        lock (_lock)
        {
            all.Add(one);
        }
    }
}
