using OrleansChat.Protocol;

namespace OrleansChat.Simulation.Tests.People;

/// <summary>The state of a client in a room.</summary>
internal enum Place
{
    /// <summary>The client has not joined.</summary>
    Out,

    /// <summary>The client has sent a join.</summary>
    Joining,

    /// <summary>The client has joined.</summary>
    In,

    /// <summary>The client has sent a leave.</summary>
    Leaving,
}

/// <summary>What a client knows about a room.</summary>
internal sealed class RoomView(string name, string key, string? kind)
{
    /// <summary>The name that the client uses for the room.</summary>
    public string Name => name;

    /// <summary>The name that the log uses for the room.</summary>
    public string Key => key;

    /// <summary>The room's kind, which the client sends in a join; null for a direct room.</summary>
    public string? Kind => kind;

    /// <summary>Whether the client wants to be in the room.</summary>
    public bool Wanted { get; set; }

    public Place Place { get; set; }

    /// <summary>The sequence of the last event, or the end of the last gap; null before the first join.</summary>
    public long? Cursor { get; set; }

    /// <summary>
    /// The head at the last join. A leave event with this sequence or a lower one ended an earlier membership.
    /// </summary>
    public long Head { get; set; }

    /// <summary>The sequence of the last message that the client received; null if it received none.</summary>
    public long? Message { get; set; }

    public string? Epoch { get; set; }

    /// <summary>The id of the last join; null if the client sent its cursor in <c>hello</c> instead.</summary>
    public string? JoinId { get; set; }

    /// <summary>The cursor in the last join or <c>hello</c>; null to join at the head.</summary>
    public long? AskedAfter { get; set; }

    public string? LeaveId { get; set; }

    /// <summary>
    /// Whether the last leave ends the membership. If such a leave is refused, the client is still in the room.
    /// </summary>
    public bool LeavesForGood { get; set; }

    /// <summary>The sends that the client must still send or repeat, in order.</summary>
    public List<Outgoing> Waiting { get; } = [];

    /// <summary>The sends that the client sent on this connection and that have no answer.</summary>
    public List<Outgoing> InFlight { get; } = [];

    /// <summary>
    /// For each stored send of this connection: its position among the client's attempts, and its sequence.
    /// </summary>
    public List<(long Sent, long Seq)> Stored { get; } = [];

    /// <summary>The sequences of the client's own messages that got <c>ok</c>.</summary>
    public List<long> Own { get; } = [];
}

/// <summary>A send that the client repeats until it has an answer.</summary>
internal sealed class Outgoing(Client client, string room, string key, long number, Send send)
{
    public Client Client => client;

    public string Room => room;

    /// <summary>The name that the log uses for the room.</summary>
    public string Key => key;

    /// <summary>A number that increases with each command of the client.</summary>
    public long Number => number;

    public Send Send => send;

    /// <summary>The number of attempts.</summary>
    public int Tries { get; set; }

    /// <summary>The position of the last attempt among all attempts of the client.</summary>
    public long Sent { get; set; }

    /// <summary>The sequence in <c>ok</c>; null until <c>ok</c> arrives.</summary>
    public long? Seq { get; set; }

    /// <summary>True after an <c>ok</c> without <c>dup</c>.</summary>
    public bool First { get; set; }

    /// <summary>The number of refusals without a retry time.</summary>
    public int Refused { get; set; }
}
