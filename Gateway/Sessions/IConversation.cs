using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Sessions;

/// <summary>Reads the commands of one connection, in JSON or text mode, and passes them to its session.</summary>
internal interface IConversation : IFrameHandler
{
    /// <summary>
    /// Called when the connection is open. The connection reads frames as soon as the call has returned its task. The
    /// task may complete later.
    /// </summary>
    Task StartAsync();

    /// <summary>Called when the connection is gone.</summary>
    Task CloseAsync();
}
