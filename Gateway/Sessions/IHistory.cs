using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The message log, as a session reads it.</summary>
internal interface IHistory
{
    /// <summary>
    /// Reads the events after a sequence, for a subscription that is behind. Concurrent reads after the same sequence
    /// share one read, with the limit of the first caller. Empty if the log has no more.
    /// </summary>
    Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Reads a page of history on behalf of a user. Refused with <see cref="Refusal.Unavailable"/> if too many pages
    /// are being read on this gateway.
    /// </summary>
    Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken);

    /// <summary>
    /// Lists a user's conversations. Null if too many pages are being read on this gateway.
    /// </summary>
    Task<ConversationPage?> ConversationsAsync(ConversationAsk ask, CancellationToken cancellationToken);
}
