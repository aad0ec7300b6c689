namespace OrleansChat.Grains.Log;

/// <summary>The store cannot keep an entry of this append, and never will. Nothing of the append was committed; other appends are not touched.</summary>
public sealed class LogEntryException(string message, Exception? inner = null) : Exception(message, inner);
