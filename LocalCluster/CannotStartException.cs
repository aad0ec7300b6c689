namespace OrleansChat.LocalCluster;

/// <summary>The cluster that was asked for cannot be started. The message is one line that says what to do, all that the user gets to read.</summary>
internal sealed class CannotStartException(string message) : Exception(message);
