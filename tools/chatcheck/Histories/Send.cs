namespace OrleansChat.ChatCheck.Histories;

/// <summary>What is known of a send's outcome.</summary>
internal enum Outcome : byte
{
    /// <summary>No answer, or one that leaves it open: in the log at most once.</summary>
    Unknown,

    /// <summary>Answered <c>ok</c>: in the log exactly once.</summary>
    Acked,

    /// <summary>Answered by an error that says that it was not stored.</summary>
    Refused,
}

/// <summary>One send, from its first invocation to its last answer. Its number is its client id, and its text.</summary>
internal struct Send
{
    /// <summary>The sender, by number of user.</summary>
    public int Writer;

    /// <summary>The room, by number.</summary>
    public int Room;

    /// <summary>The connection of its first invocation, by number.</summary>
    public int Connection;

    /// <summary>The sequence that <c>ok</c> named; 0 before.</summary>
    public int Seq;

    /// <summary>How often it was sent.</summary>
    public int Attempts;

    /// <summary>What is known.</summary>
    public Outcome Outcome;

    /// <summary>Before its first byte left, in microseconds of the run.</summary>
    public long InvokedAt;

    /// <summary>After its <c>ok</c> was read; 0 before.</summary>
    public long AnsweredAt;
}
