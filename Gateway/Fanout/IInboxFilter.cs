using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// Stands between the inbox's stream and the gateway, and hands on what it likes, when and as often as it likes: a stream that loses,
/// delays, doubles and reorders, for whoever wants to see what becomes of it. The gateway itself has none.
/// </summary>
internal interface IInboxFilter
{
    /// <summary>An item came. Called by the stream, one item after another; must not wait.</summary>
    /// <param name="handOn">Hands an item to the gateway, from any thread.</param>
    void Came(InboxItem item, Action<InboxItem> handOn);
}
