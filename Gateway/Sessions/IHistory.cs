using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>Reads and changes what the message log stores, on behalf of a session.</summary>
internal interface IHistory
{
    /// <summary>
    /// Reads the events after a sequence, for a subscription that is behind. Concurrent reads after the same sequence
    /// share one read, with the limit of the first caller. Returns an empty list if the message log has no events after
    /// the sequence, or if the gateway has no feed of the room any more.
    /// </summary>
    Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Reads a page of history on behalf of a user. The page has the refusal <see cref="Refusal.Unavailable"/> if it
    /// cannot be read in time because this gateway reads too many pages.
    /// </summary>
    Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken);

    /// <summary>
    /// Lists a user's conversations. Returns null if the list cannot be read in time because this gateway reads too
    /// many pages.
    /// </summary>
    Task<ConversationPage?> ConversationsAsync(ConversationAsk ask, CancellationToken cancellationToken);

    /// <summary>
    /// Changes a user's personal settings of a conversation. Returns null if the call cannot begin in time because this
    /// gateway reads too many pages.
    /// </summary>
    Task<ConversationReply?> SetConversationAsync(ConversationSet set, CancellationToken cancellationToken);

    /// <summary>
    /// Lists a group's members on behalf of a user. The page has the refusal <see cref="Refusal.Unavailable"/> if it
    /// cannot be read in time because this gateway reads too many pages.
    /// </summary>
    Task<MemberPage> MembersAsync(MembersAsk ask, CancellationToken cancellationToken);

    /// <summary>
    /// Lists the users who have read a message, on behalf of a user. The page has the refusal
    /// <see cref="Refusal.Unavailable"/> if it cannot be read in time because this gateway reads too many pages.
    /// </summary>
    Task<ReaderPage> ReadersAsync(ReadersAsk ask, CancellationToken cancellationToken);

    /// <summary>
    /// Blocks a user, or ends a block. Returns null if the call cannot begin in time because this gateway reads too
    /// many pages.
    /// </summary>
    Task<ConversationReply?> BlockAsync(BlockSet set, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the users whom a user has blocked. Returns null if the call cannot begin in time because this gateway
    /// reads too many pages.
    /// </summary>
    Task<string[]?> BlocksAsync(string user, CancellationToken cancellationToken);

    /// <summary>
    /// Reports a message on behalf of a user. The reply has the refusal <see cref="Refusal.Unavailable"/> if the call
    /// cannot begin in time because this gateway reads too many pages.
    /// </summary>
    Task<RoomReply> ReportAsync(ReportAsk ask, CancellationToken cancellationToken);

    /// <summary>
    /// Lists the reports of a room on behalf of a user. The page has the refusal <see cref="Refusal.Unavailable"/> if
    /// it cannot be read in time because this gateway reads too many pages.
    /// </summary>
    Task<ReportPage> ReportsAsync(ReportsAsk ask, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the reports of a message on behalf of a user. The reply has the refusal
    /// <see cref="Refusal.Unavailable"/> if the call cannot begin in time because this gateway reads too many pages.
    /// </summary>
    Task<RoomReply> DismissAsync(DismissAsk ask, CancellationToken cancellationToken);
}
