namespace OrleansChat.ChatCheck.Histories;

// All times are microseconds of the run.

/// <summary>An entry of the log, as the pages of history showed it.</summary>
/// <param name="Send">The send by number; below 0: of nobody's.</param>
internal readonly record struct LogEntry(int Seq, int Send);

/// <summary>A page of history, read while the run went on.</summary>
/// <param name="AtLeast">The newest sequence that this user knew of when it asked; 0 where the page was not asked for the newest.</param>
/// <param name="Own">The user's own send, acked before it asked, that the page has to begin with; or null.</param>
internal sealed record PageSeen(int User, int Room, long AskedAt, int AtLeast, int? Own, IReadOnlyList<LogEntry> Entries);

/// <summary>A user was in a room by a connection, as the user knows it.</summary>
/// <param name="Gateway">By number; below 0 where nobody knows which.</param>
/// <param name="From">When <c>joined</c> had come.</param>
/// <param name="To">When the connection's end was noticed; <see cref="long.MaxValue"/> where it was not.</param>
internal sealed record Stay(int User, int Room, int Gateway, long From, long To);

/// <summary>A user had no connection: from when its end was noticed until <c>hello</c> was said again.</summary>
internal sealed record Absence(int User, long From, long To);

/// <summary>Who was in a room, as <c>who</c> told.</summary>
/// <param name="Users">The users of this run among them, by number.</param>
internal sealed record WhoSeen(int Asker, int Room, int Gateway, long AskedAt, long AnsweredAt, IReadOnlyList<int> Users);

/// <summary>A time in which a part was not itself.</summary>
/// <param name="What">"kill silo-2".</param>
/// <param name="Gateway">The gateway by number; null for a silo, the database, or everything.</param>
internal sealed record Disturbance(string What, int? Gateway, long From, long To);

/// <summary>An event came long after its <c>ok</c>, on a connection that had been in the room since before.</summary>
internal readonly record struct LateEvent(int User, int Room, int Seq, int Send, long AnsweredAt, long CameAt);

/// <summary>An error that a send must not get.</summary>
internal sealed record Refusal(int Send, string Code, string Message, long At);

/// <summary>A send was answered by <c>ok</c> twice, with two sequences.</summary>
internal sealed record Contradiction(int Send, int First, int Second);
