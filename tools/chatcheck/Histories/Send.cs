namespace OrleansChat.ChatCheck.Histories;

/// <summary>What is known about the outcome of a send.</summary>
internal enum Outcome : byte
{
    /// <summary>No answer, or an answer that leaves the outcome open. The send is in the log at most once.</summary>
    Unknown,

    /// <summary>Answered by <c>ok</c>. The send is in the log exactly once.</summary>
    Acked,

    /// <summary>
    /// The last attempt got an error after which the client does not retry. This attempt did not store the send.
    /// </summary>
    Refused,
}

/// <summary>
/// One send, from its first attempt to its last answer. The number of the send is its client id and the start of its
/// text.
/// </summary>
internal struct Send
{
    /// <summary>The number of the user that sends.</summary>
    public int Writer;

    /// <summary>The number of the room.</summary>
    public int Room;

    /// <summary>The number of the connection of the first attempt.</summary>
    public int Connection;

    /// <summary>The sequence that <c>ok</c> named; 0 until <c>ok</c> arrives.</summary>
    public int Seq;

    /// <summary>The number of attempts, including the first.</summary>
    public int Attempts;

    public Outcome Outcome;

    /// <summary>
    /// The clock, in microseconds since the start of the run, read before the client sent the first byte of the first
    /// attempt. So the send did not start earlier than this time.
    /// </summary>
    public long InvokedAt;

    /// <summary>
    /// The clock, in microseconds since the start of the run, read after the client had received <c>ok</c>. So the
    /// server did not answer later than this time. 0 until <c>ok</c> arrives.
    /// </summary>
    public long AnsweredAt;
}
