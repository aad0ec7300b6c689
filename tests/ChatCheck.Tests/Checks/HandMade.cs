using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

/// <summary>
/// A history written by hand: two users, two rooms, and sends to the first room. There is one send per millisecond, and
/// each is acknowledged before the next send. The history breaks no promise. A test then changes the history so that it
/// breaks one promise.
/// </summary>
internal sealed class HandMade
{
    public const int Ann = 0;
    public const int Bob = 1;
    public const int Room = 0;
    public const int OtherRoom = 1;
    private const long Millisecond = 1000;

    private readonly SendList _sends = new();

    public List<MessageLogEntry> Log { get; } = [];

    public List<ReaderStream> Streams { get; } = [];

    public History History => new()
    {
        Users = ["ann", "bob"],
        Rooms = ["lobby", "plans"],
        Gateways = ["gateway-1", "gateway-2"],
        Sends = _sends,
        Logs = [Log, []],
        Streams = Streams,
        Strangers = ["""{"t":"ev","seq":1,"text":"who?"}"""],
    };

    /// <summary>
    /// Returns a history with this number of sends by Ann. All sends are acknowledged and in the log, and Bob received
    /// them.
    /// </summary>
    public static HandMade Of(int sends)
    {
        var made = new HandMade();
        for (var at = 0; at < sends; at++)
        {
            made.Store(made.Acked(Ann, at + 1));
        }

        made.Stream([.. Enumerable.Range(1, sends).Select(seq => Item.Event(seq, seq - 1))]);
        return made;
    }

    /// <summary>
    /// Adds a send that got <c>ok</c>, and returns its number. The time of send number n is n ms, and the time of its
    /// <c>ok</c> is 0.5 ms later.
    /// </summary>
    public int Acked(int user, int seq, int connection = 1, int attempts = 1)
    {
        var at = _sends.Count * Millisecond;
        return _sends.Add(new()
        {
            Writer = user,
            Room = Room,
            Connection = connection,
            Seq = seq,
            Attempts = attempts,
            Outcome = Outcome.Acked,
            InvokedAt = at,
            AnsweredAt = at + (Millisecond / 2),
        });
    }

    /// <summary>Adds a send that got no <c>ok</c>, and returns its number.</summary>
    public int Without(Outcome outcome, int attempts = 1) => _sends.Add(new()
    {
        Writer = Ann,
        Room = Room,
        Connection = 1,
        Attempts = attempts,
        Outcome = outcome,
        InvokedAt = _sends.Count * Millisecond,
    });

    /// <summary>Adds an acknowledged send of any kind to the room and to the log, and returns its number.</summary>
    public int Sent(Send send)
    {
        var at = _sends.Count * Millisecond;
        var number = _sends.Add(send with
        {
            Room = Room,
            Connection = 1,
            Seq = Log.Count + 1,
            Attempts = 1,
            Outcome = Outcome.Acked,
            InvokedAt = at,
            AnsweredAt = at + (Millisecond / 2),
        });
        Store(number);
        return number;
    }

    /// <summary>Adds the send to the log, with the next sequence.</summary>
    public void Store(int send) => Log.Add(new(Log.Count + 1, send));

    /// <summary>Adds a stream: Bob joins the room with cursor 0 and then receives these items.</summary>
    public void Stream(params Item[] items) => Streams.Add(new(Bob, Room, 0, [Item.Joined(0, 7), .. items], Settled: true));

    /// <summary>Returns the only violation. Fails if there is not exactly one.</summary>
    public static Violation One(IEnumerable<Violation> found) => Assert.Single(found);
}
