namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// The store cannot keep an entry of this append, and a retry cannot succeed. Nothing of the append was committed, and
/// other appends are not affected.
/// </summary>
public sealed class MessageLogEntryException(string message, Exception? inner = null) : Exception(message, inner);
