namespace OrleansChat.ChatCheck.Histories;

// All times are in microseconds since the start of the run.

/// <summary>An entry of the log, as a page of history returned it.</summary>
/// <param name="Send">The number of the send; below 0 if the entry is not a send of this run.</param>
internal readonly record struct MessageLogEntry(int Seq, int Send)
{
    /// <summary>The number of replies that the page showed; 0 if it showed none.</summary>
    public int Replies { get; init; }
}

/// <summary>A page of history that was read during the load.</summary>
/// <param name="AtLeast">If the user requested the newest page, the highest sequence that the user had received at the
/// time of the request; otherwise 0.</param>
/// <param name="Own">A send of the user that was acked before the request. The page has to begin with this send. Null
/// if the page may begin with any event.</param>
internal sealed record PageSeen(int User, int Room, long AskedAt, int AtLeast, int? Own, IReadOnlyList<MessageLogEntry> Entries);

/// <summary>A period in which a user's connection was in a room, as the client observed it.</summary>
/// <param name="Gateway">The number of the gateway.</param>
/// <param name="From">When <c>joined</c> arrived.</param>
/// <param name="To">When the client noticed the end of the connection.</param>
internal sealed record Stay(int User, int Room, int Gateway, long From, long To);

/// <summary>
/// A period in which a user had no connection. It begins when the client noticed the end of a connection, and ends when
/// the next connection was open. If there was no next connection, it ends at <see cref="long.MaxValue"/>.
/// </summary>
internal sealed record Absence(int User, long From, long To);

/// <summary>An answer to <c>who</c>.</summary>
/// <param name="Users">The numbers of the listed users that belong to this run.</param>
internal sealed record WhoSeen(int Asker, int Room, int Gateway, long AskedAt, long AnsweredAt, IReadOnlyList<int> Users);

/// <summary>A period in which a part of the cluster was disturbed.</summary>
/// <param name="What">The disturbance as text, such as "kill silo-2".</param>
/// <param name="Gateway">The number of the gateway; -1 if only clients were disturbed; null for a silo or the
/// database.</param>
internal sealed record Disturbance(string What, int? Gateway, long From, long To);

/// <summary>
/// An event that arrived too long after its <c>ok</c>, on a connection that was in the room before the message was
/// sent.
/// </summary>
internal readonly record struct LateEvent(int User, int Room, int Seq, int Send, long AnsweredAt, long CameAt);

/// <summary>An error that a valid send must not get.</summary>
internal sealed record Refusal(int Send, string Code, string Message, long At);

/// <summary>A send that got <c>ok</c> twice, with different sequences.</summary>
internal sealed record Contradiction(int Send, int First, int Second);
