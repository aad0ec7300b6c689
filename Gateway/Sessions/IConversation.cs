using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Sessions;

/// <summary>A way of talking over one connection: JSON objects, or lines that a person types.</summary>
internal interface IConversation : IFrameHandler
{
    /// <summary>The connection is open.</summary>
    Task StartAsync();

    /// <summary>The connection is gone.</summary>
    Task CloseAsync();
}
