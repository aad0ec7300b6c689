namespace OrleansChat.Grains.Log;

/// <summary>What the log was pointed at is not a log that this version can use. The message says what it is and what to do; nothing was changed.</summary>
public sealed class LogSchemaException(string message, Exception? inner = null) : Exception(message, inner);
