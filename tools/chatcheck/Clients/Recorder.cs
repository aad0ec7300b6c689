using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using OrleansChat.ChatCheck.Histories;
using OrleansChat.ChatCheck.Reporting;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// Records what the clients of a run do and receive, and recognizes the run's own messages by their texts. Any number
/// of threads may record at the same time.
/// </summary>
/// <param name="lateAfter">Maximum time from the ok of a message to its arrival at a client that is in the room; null
/// to skip this check.</param>
internal sealed class Recorder(Clock clock, string run, IReadOnlyList<string> rooms, Disturbances disturbances, TimeSpan? lateAfter)
{
    private const int MaxKept = 1000; // Maximum length of each list of errors. The report needs only the first errors.
    private static readonly string Padding = new('.', 60);

    private readonly Lock _lock = new();
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
    private readonly long _lateAfter = lateAfter is { } after ? Clock.Of(after) : long.MaxValue;
    private int _connections;

    public Clock Clock => clock;

    public IReadOnlyList<string> Rooms => rooms;

    public SendList Sends { get; } = new();

    public Figures Figures { get; } = new(disturbances);

    /// <summary>Adds a user, whose name is unique to this run, and returns the user's number.</summary>
    public int AddUser(string kind)
    {
        lock (_lock)
        {
            var name = $"{kind}-{run}";
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

    /// <summary>Returns the text of a send: its number, and padding to the length of an ordinary message.</summary>
    public static string TextOf(int send) => string.Create(CultureInfo.InvariantCulture, $"{send} {Padding}");

    /// <summary>
    /// Finds the send of this run that produced an event. <see cref="MessageLogEntry.Send"/> is below 0 if there is no
    /// such send, or if the event differs from the send in sender, kind or text.
    /// </summary>
    public MessageLogEntry Read(JsonElement ev)
    {
        var seq = ev.GetProperty("seq").GetInt32();
        if (ev.TryGetProperty("text", out var given) && given.GetString() is { } text && text.IndexOf(' ', StringComparison.Ordinal) is > 0 and var end
            && int.TryParse(text.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var send)
            && send < Sends.Count && text.AsSpan(end + 1).SequenceEqual(Padding)
            && _numbers.TryGetValue(ev.GetProperty("from").GetString()!, out var user) && Sends[send].Writer == user
            && ev.GetProperty("kind").ValueEquals("msg"))
        {
            return new(seq, send);
        }

        lock (_lock)
        {
            if (_strangers.Count < MaxKept)
            {
                _strangers.Add(ev.GetRawText());
            }

            return new(seq, ~(_strangers.Count - 1));
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

            (send.Seq, send.AnsweredAt, send.Outcome) = (seq, clock.Now, Outcome.Acked);
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
                _refusals.Add(new(number, answer.Code, answer.Message, clock.Now));
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

    public void SawWho(int asker, int room, int gateway, long askedAt, IReadOnlyList<string> users) => Keep(
        _whos, new WhoSeen(asker, room, gateway, askedAt, clock.Now, [.. users.Select(name => _numbers.GetValueOrDefault(name, -1)).Where(user => user >= 0)]));

    /// <summary>
    /// Returns everything that was recorded. Call this method only after all clients have ended, because it does not
    /// copy the lists.
    /// </summary>
    public History ToHistory(IReadOnlyList<string> gateways, IReadOnlyList<IReadOnlyList<MessageLogEntry>> logs, TimeSpan presenceBound) => new()
    {
        Users = _users,
        Rooms = rooms,
        Gateways = gateways,
        Sends = Sends,
        Logs = logs,
        Streams = _streams,
        Pages = _pages,
        Stays = _stays,
        Absences = _absences,
        Whos = _whos,
        Disturbances = disturbances.ToList(),
        Late = _late,
        Refusals = _refusals,
        Contradictions = _contradictions,
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
