namespace OrleansChat.Protocol;

/// <summary>
/// The result of reading one line of a frame. Exactly one of the two is not null: the command, or the error that
/// answers the line.
/// </summary>
public readonly record struct ParsedCommand(ClientCommand? Command, Err? Error);
