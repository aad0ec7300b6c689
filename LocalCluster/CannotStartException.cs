namespace OrleansChat.LocalCluster;

/// <summary>
/// The requested cluster cannot be started. The program prints the message and nothing else, so the message has to say
/// what is wrong and what to do.
/// </summary>
internal sealed class CannotStartException(string message) : Exception(message);
