using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Reads pages of selected events: threads, pinned messages, and the changes of a group.</summary>
internal sealed partial class HistoryGrain
{
    /// <summary>The events that the requested page has; null if it has all events of the room.</summary>
    private static EventSelection? SelectionOf(PageAsk ask) => ask switch
    {
        { Thread: { } message } => EventSelection.RepliesTo(message),
        { Of: PageOf.Pins } => EventSelection.Pins,
        { Of: PageOf.Changes } => EventSelection.Changes,
        _ => null,
    };

    private Task<SelectedPage> SelectAsync(PageAsk ask, EventSelection selection, int bytes, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(ask.Limit, 1, MaxEvents);
        return log.SelectAsync(
            ask.Room,
            ask.Whole == 0
                ? new(selection, ask.After, long.MaxValue, limit, bytes)
                : new(selection, 0, ask.Whole, limit, bytes, FromEnd: true),
            cancellationToken);
    }

    /// <summary>
    /// Decides whether a user who may read the room may also read the page. Returns null if the user may, otherwise the
    /// refusal.
    /// </summary>
    /// <param name="facts">The facts about the room; null for a direct room without a message.</param>
    private async ValueTask<Refusal?> RefuseSelectionAsync(PageAsk ask, RoomFacts? facts)
    {
        if (SelectionOf(ask) != EventSelection.Changes)
        {
            return null;
        }

        if (facts is not { Kind: RoomKind.Group })
        {
            return Refusal.Forbidden;
        }

        var state = new RoomState(ask.Room, facts.Kind, facts.Seq, 0, 0, time.GetUtcNow().ToUnixTimeMilliseconds(), facts.Settings);
        return await AskAsync(ask.Room, facts.Kind, ask.User, RoomAction.Moderate, ask.Claimed, facts) is not { } access ? Refusal.Unavailable
            : RoomRights.MayModerate(state, facts.Role, access) ? null
            : Refusal.Forbidden;
    }
}
