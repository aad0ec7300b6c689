namespace OrleansChat.LocalCluster;

/// <summary>
/// The requested cluster cannot be started. The program prints only the exception's message, so the message must say
/// what is wrong and what to do.
/// </summary>
internal sealed class CannotStartException(string message) : Exception(message);
