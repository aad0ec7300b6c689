namespace OrleansChat.ChatCheck.Histories;

/// <summary>An answer to <c>conversations</c>.</summary>
/// <param name="Rows">The rows of rooms of this run, in the order of the answer.</param>
/// <param name="Removed">The numbers of the rooms that are no longer in the list.</param>
/// <param name="Cursor">The cursor for the next request of changes; null if the answer has none.</param>
/// <param name="Reset">Whether the answer is a whole list, although the client asked for changes.</param>
/// <param name="Fault">What is wrong with the answer itself, whatever the log says; null if nothing is.</param>
internal sealed record ListSeen(IReadOnlyList<CountsSeen> Rows, IReadOnlyList<int> Removed, string? Cursor, bool Reset, string? Fault);

/// <summary>A list of conversations that contradicts what its user knew when the user asked for it.</summary>
/// <param name="Promise">The broken promise.</param>
/// <param name="What">What was wrong with the list, as the end of a sentence that begins with the user.</param>
internal sealed record ListFault(int User, string Promise, string What, long At);

/// <summary>What a user's list of conversations has to be and was after the run, when nothing was in flight.</summary>
/// <param name="Rooms">The rooms that the list must have, with the read mark of each.</param>
/// <param name="Whole">The rows of the whole list.</param>
/// <param name="Changed">The rows that remained after the user had applied all answers to <c>since</c>.</param>
internal sealed record FinalList(int User, IReadOnlyDictionary<int, int> Rooms, IReadOnlyList<CountsSeen> Whole, IReadOnlyList<CountsSeen> Changed);
