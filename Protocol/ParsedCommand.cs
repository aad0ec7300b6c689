namespace OrleansChat.Protocol;

/// <summary>What a line of a frame turned out to be: exactly one of a command and the error to answer it with.</summary>
public readonly record struct ParsedCommand(ClientCommand? Command, Err? Error);
