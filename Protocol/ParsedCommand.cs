namespace OrleansChat.Protocol;

/// <summary>
/// The result of reading one line of a frame. If the line is a valid command, only <paramref name="Command"/> is set.
/// Otherwise only <paramref name="Error"/> is set: the answer to the line.
/// </summary>
public readonly record struct ParsedCommand(ClientCommand? Command, Err? Error);
