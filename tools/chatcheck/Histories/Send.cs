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

/// <summary>What a send adds to the log.</summary>
internal enum SendKind : byte
{
    Message,

    /// <summary>Replaces the text of an earlier message of the same user.</summary>
    Edit,

    /// <summary>Deletes an earlier message of the same user.</summary>
    Deletion,

    /// <summary>
    /// The user became a member of a group. The server adds this event when the user joins the group, so no client has
    /// sent it.
    /// </summary>
    Join,
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

    public SendKind Kind;

    /// <summary>For an edit or a deletion, the number of the send of the message.</summary>
    public int Target;

    /// <summary>The sequence that a message replies to; 0 for none.</summary>
    public int Reply;

    /// <summary>The number of the user that a message mentions by name; null for none.</summary>
    public int? Mentioned;

    /// <summary>Whether a message mentions <c>@everyone</c>.</summary>
    public bool MentionsEveryone;

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
