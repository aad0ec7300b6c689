using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using OrleansChat.ChatCheck.Histories;
using OrleansChat.ChatCheck.Reporting;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>Everything that the clients of a run record, and the words by which they know their own.</summary>
/// <param name="lateAfter">How long after its ok an event may come, to a reader that is there.</param>
internal sealed class Recorder(Clock clock, string run, IReadOnlyList<string> rooms, Disturbances disturbances, TimeSpan lateAfter)
{
    private const int MostKept = 1000; // Of things that must not be: the first ones tell enough.
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
    private readonly long _lateAfter = Clock.Of(lateAfter);
    private int _connections;

    public Clock Clock => clock;

    public IReadOnlyList<string> Rooms => rooms;

    public SendList Sends { get; } = new();

    public Figures Figures { get; } = new(disturbances);

    /// <summary>A name for a new user; its number is the answer.</summary>
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

    /// <summary>The number of a new connection.</summary>
    public int AddConnection() => Interlocked.Increment(ref _connections);

    /// <summary>A stream that begins at a cursor.</summary>
    public ReaderStream AddStream(int user, int room, int from, bool settled = true)
    {
        var stream = new ReaderStream(user, room, from, [], settled);
        lock (_lock)
        {
            _streams.Add(stream);
        }

        return stream;
    }

    /// <summary>The text of a send: its number, and what makes it as long as people's texts.</summary>
    public static string TextOf(int send) => string.Create(CultureInfo.InvariantCulture, $"{send} {Padding}");

    /// <summary>Which of this run's sends an event is. One that is none of them, or is changed in any way, is a stranger: below 0.</summary>
    public LogEntry Read(JsonElement ev)
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
            if (_strangers.Count < MostKept)
            {
                _strangers.Add(ev.GetRawText());
            }

            return new(seq, ~(_strangers.Count - 1));
        }
    }

    /// <summary>A send got ok.</summary>
    public void Acked(int number, int seq)
    {
        ref var send = ref Sends[number];
        lock (_lock)
        {
            if (send.Outcome is Outcome.Acked)
            {
                if (send.Seq != seq && _contradictions.Count < MostKept)
                {
                    _contradictions.Add(new(number, send.Seq, seq));
                }

                return;
            }

            (send.Seq, send.AnsweredAt, send.Outcome) = (seq, clock.Now, Outcome.Acked);
        }

        Figures.WasAcked(send.InvokedAt, send.AnsweredAt, send.Attempts);
    }

    /// <summary>A send got an error that it should not get; whether it is over with that.</summary>
    public void Refused(int number, Answer answer, bool over)
    {
        ref var send = ref Sends[number];
        lock (_lock)
        {
            send.Outcome = over && send.Outcome is Outcome.Unknown ? Outcome.Refused : send.Outcome;
            if (_refusals.Count < MostKept)
            {
                _refusals.Add(new(number, answer.Code, answer.Message, clock.Now));
            }
        }
    }

    /// <summary>An event came to a reader who has been in the room, on this connection, since <paramref name="enteredAt"/>.</summary>
    public void Came(int user, int room, LogEntry entry, long enteredAt, long now)
    {
        if (entry.Send < 0)
        {
            return;
        }

        ref var send = ref Sends[entry.Send];
        if (send.InvokedAt < enteredAt)
        {
            return; // It was there before the reader.
        }

        Figures.Came(send.InvokedAt, now);
        if (Volatile.Read(ref send.AnsweredAt) is > 0 and var answered && now - answered > _lateAfter)
        {
            lock (_lock)
            {
                if (_late.Count < MostKept)
                {
                    _late.Add(new(user, room, entry.Seq, entry.Send, answered, now));
                }
            }
        }
    }

    public void Saw(PageSeen page) => Keep(_pages, page);

    public void Saw(Stay stay) => Keep(_stays, stay);

    public void Saw(Absence absence) => Keep(_absences, absence);

    /// <summary>An answer to <c>who</c>.</summary>
    public void SawWho(int asker, int room, int gateway, long askedAt, IReadOnlyList<string> users) => Keep(
        _whos, new WhoSeen(asker, room, gateway, askedAt, clock.Now, [.. users.Select(name => _numbers.GetValueOrDefault(name, -1)).Where(user => user >= 0)]));

    /// <summary>All of it, once nobody records any more.</summary>
    public History ToHistory(IReadOnlyList<string> gateways, IReadOnlyList<IReadOnlyList<LogEntry>> logs, TimeSpan presenceBound) => new()
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
