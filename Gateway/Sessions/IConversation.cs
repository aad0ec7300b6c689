using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Sessions;

/// <summary>Reads the commands of one connection, in JSON or text mode, and passes them to its session.</summary>
internal interface IConversation : IFrameHandler
{
    /// <summary>
    /// Called when the connection is open. Frames are read as soon as the call returns its task, which may be before
    /// the task completes.
    /// </summary>
    Task StartAsync();

    /// <summary>Called when the connection is gone.</summary>
    Task CloseAsync();
}
