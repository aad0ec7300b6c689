using OrleansChat.Protocol;

namespace OrleansChat.Simulation.Tests.People;

/// <summary>How far a client is with a room.</summary>
internal enum Place
{
    /// <summary>Not in it.</summary>
    Out,

    /// <summary>Has asked to be.</summary>
    Joining,

    /// <summary>In it.</summary>
    In,

    /// <summary>Has asked to be no longer.</summary>
    Leaving,
}

/// <summary>What a client knows of a room.</summary>
internal sealed class RoomView(string name, string? kind)
{
    public string Name => name;

    /// <summary>What it asks for in a join.</summary>
    public string? Kind => kind;

    /// <summary>Whether the client wants to be in it.</summary>
    public bool Wanted { get; set; }

    public Place Place { get; set; }

    /// <summary>The last sequence that it saw, or that a gap named; null before the first join.</summary>
    public long? Cursor { get; set; }

    /// <summary>The head when it came in: what is before it was not about this stay.</summary>
    public long Head { get; set; }

    /// <summary>The last message that it saw; null for none.</summary>
    public long? Message { get; set; }

    public string? Epoch { get; set; }

    /// <summary>The join that waits for its answer; null for a cursor of hello.</summary>
    public string? JoinId { get; set; }

    /// <summary>Where that one wants to begin; null for the head.</summary>
    public long? AskedAfter { get; set; }

    public string? LeaveId { get; set; }

    /// <summary>What is still to be sent, in order.</summary>
    public List<Outgoing> Waiting { get; } = [];

    /// <summary>What was sent on this connection and has no answer.</summary>
    public List<Outgoing> InFlight { get; } = [];

    /// <summary>What this connection's sends became: in which order they were sent, and the sequence that they got by it.</summary>
    public List<(long Sent, long Seq)> Stored { get; } = [];

    /// <summary>Its own messages that it knows to be stored.</summary>
    public List<long> Own { get; } = [];
}

/// <summary>Something that a client sends until it knows what became of it.</summary>
internal sealed class Outgoing(Client client, string room, long number, Send send)
{
    public Client Client => client;

    public string Room => room;

    /// <summary>The how manieth of its client in this room.</summary>
    public long Number => number;

    public Send Send => send;

    /// <summary>How often it was sent.</summary>
    public int Tries { get; set; }

    /// <summary>When it was last sent, as the how manieth of its connection.</summary>
    public long Sent { get; set; }

    /// <summary>The sequence it was answered with.</summary>
    public long? Seq { get; set; }

    /// <summary>True once it was answered by an <c>ok</c> that was no <c>dup</c>.</summary>
    public bool First { get; set; }

    /// <summary>Times at which it was refused for good.</summary>
    public int Refused { get; set; }
}
