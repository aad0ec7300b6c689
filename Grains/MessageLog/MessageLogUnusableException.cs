namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// The configured store cannot be used until an operator changes a setting, a permission, a file or a schema. A retry
/// cannot succeed. The message names the setting and says what to do. The store was not changed.
/// </summary>
public sealed class MessageLogUnusableException(string message, Exception? inner = null) : Exception(message, inner);
