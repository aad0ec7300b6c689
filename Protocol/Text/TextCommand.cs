namespace OrleansChat.Protocol.Text;

/// <summary>What a person in text mode asks for with one line. A closed family.</summary>
public abstract record TextCommand;

/// <summary>Say it in the room that the connection is in.</summary>
public sealed record Say(string Text) : TextCommand;

/// <summary>Tell it in the third person: <c>* bob waves</c>. It is a message with meta <see cref="TextMeta.Me"/>.</summary>
public sealed record Me(string Text) : TextCommand;

/// <summary>Say it to one person.</summary>
public sealed record Whisper(string User, string Text) : TextCommand;

/// <summary>Enter a room, and speak there from now on.</summary>
public sealed record JoinRoom(string Room) : TextCommand;

/// <summary>Leave a room; with null, the one spoken in.</summary>
public sealed record LeaveRoom(string? Room) : TextCommand;

/// <summary>Which rooms the connection is in.</summary>
public sealed record ListRooms : TextCommand;

/// <summary>Who is in the room spoken in.</summary>
public sealed record WhoIsHere : TextCommand;

/// <summary>Show the last lines again, at most <paramref name="Count"/> of them.</summary>
public sealed record Last(int Count) : TextCommand;

/// <summary>Take another name; for guests.</summary>
public sealed record Nick(string Name) : TextCommand;

/// <summary>Show the commands: <see cref="TextHelp.Lines"/>.</summary>
public sealed record Help : TextCommand;

/// <summary>End the connection.</summary>
public sealed record Quit : TextCommand;

/// <summary>A command that there is none of; <paramref name="Word"/> is what stood after the slash.</summary>
public sealed record Unknown(string Word) : TextCommand;

/// <summary>A command that cannot be carried out as it was typed, or a text over the limits. Nothing was sent.</summary>
public sealed record Mistyped(ErrorCode Code, string Message) : TextCommand;
