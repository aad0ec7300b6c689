namespace OrleansChat.Protocol.Text;

/// <summary>A command of text mode, which a person types as one line. The set of derived types is closed.</summary>
public abstract record TextCommand;

/// <summary>Sends a message to the current room.</summary>
public sealed record Say(string Text) : TextCommand;

/// <summary>
/// Sends a message that is shown in the third person, such as <c>* bob waves</c>. Its meta is
/// <see cref="TextMeta.Me"/>.
/// </summary>
public sealed record Me(string Text) : TextCommand;

/// <summary>Sends a message to the direct conversation with a user.</summary>
public sealed record Whisper(string User, string Text) : TextCommand;

/// <summary>Enters a room, which becomes the current room.</summary>
/// <param name="Code">The code of an invitation link; null for none.</param>
public sealed record JoinRoom(string Room, string? Code = null) : TextCommand;

/// <summary>Makes an invitation link of the current room.</summary>
/// <param name="Uses">The number of users who may join by the link; null for any number.</param>
public sealed record MakeLink(int? Uses) : TextCommand;

/// <summary>Sets the title of the current group.</summary>
public sealed record Retitle(string Title) : TextCommand;

/// <summary>Changes the rights of a user in the current group.</summary>
/// <param name="Kind">
/// <see cref="EventKind.Invite"/>, <see cref="EventKind.Kick"/>, <see cref="EventKind.Mute"/> or
/// <see cref="EventKind.Unmute"/>.
/// </param>
/// <param name="Minutes">For a mute: how long it lasts; null for no end.</param>
public sealed record ChangeMember(EventKind Kind, string User, int? Minutes = null) : TextCommand;

/// <summary>Leaves a room; null leaves the current room.</summary>
public sealed record LeaveRoom(string? Room) : TextCommand;

/// <summary>Lists the rooms that the connection is in.</summary>
public sealed record ListRooms : TextCommand;

/// <summary>Lists the user's conversations, newest first: up to <see cref="TextHelp.ListedConversations"/>.</summary>
public sealed record ListConversations : TextCommand;

/// <summary>Lists the users in the current room.</summary>
public sealed record WhoIsHere : TextCommand;

/// <summary>Shows the last events of the current room again, at most <paramref name="Count"/>.</summary>
public sealed record Last(int Count) : TextCommand;

/// <summary>Changes the user's name. For guests only.</summary>
public sealed record Nick(string Name) : TextCommand;

/// <summary>Shows the commands: <see cref="TextHelp.Lines"/>.</summary>
public sealed record Help : TextCommand;

/// <summary>Ends the connection.</summary>
public sealed record Quit : TextCommand;

/// <summary>An unknown command. <paramref name="Word"/> is the word after the slash, cut to 64 characters.</summary>
public sealed record Unknown(string Word) : TextCommand;

/// <summary>A command with wrong arguments, or a text over the limits. Nothing was sent.</summary>
public sealed record Mistyped(ChatErrorCode Code, string Message) : TextCommand;
