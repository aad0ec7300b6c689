using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Asks the <see cref="IRoomAuthorizer"/> of the silo about all commands of a call before the room decides the first of
/// them. So the wait for the answers does not change the order in which the commands take effect.
/// </summary>
internal sealed partial class RoomGrain
{
    /// <summary>Null if the silo has no authorizer.</summary>
    private readonly RoomAuthorization? _authorization;

    /// <summary>
    /// The access of each attached user who may read the group because the authorizer or the user's token allows it.
    /// </summary>
    private readonly Dictionary<string, Access> _readers = [];

    /// <summary>Asks about all commands of a call. Never throws.</summary>
    private async ValueTask<Authorized> AuthorizeAsync(RoomCommand[] commands)
    {
        var creates = Array.ConvertAll(commands, command => (command as Enter)?.Create);
        var questions = Array.ConvertAll(commands, command => (command.User, ActionsOf(command), command.Claimed));
        return await AuthorizeAsync(Array.Find(creates, kind => kind is not null), questions);
    }

    private async ValueTask<(Access Access, Refused? Refusal)> AuthorizeAsync(string user, RoomAction actions, RoomAction claimed)
    {
        if (_authorization is null || IsDirect)
        {
            return (new(claimed), null);
        }

        var authorized = await AuthorizeAsync(null, (user, actions, claimed));
        return (authorized.AccessOf(0), authorized.Refuse(0, _ownership.Claim?.Kind));
    }

    /// <param name="created">The kind of room that the call may create; null for none.</param>
    private async ValueTask<Authorized> AuthorizeAsync(RoomKind? created, params (string User, RoomAction Actions, RoomAction Claimed)[] wanted)
    {
        RoomKind? kind;
        try
        {
            kind = IsDirect ? RoomKind.Direct
                : _ownership.RefusesCommands ? null
                : await KnowAsync() ? _ownership.Claim!.Kind
                : created ?? (RoomKey.IsPrivate(_room) ? RoomKind.Group : null);
        }
        catch (Exception exception)
        {
            var refusal = exception is MessageLogEntryException ? Refusals.NotStorable : Refusals.MessageLogUnavailable;
            return new(null, Array.ConvertAll(wanted, one => one.Actions == RoomAction.None ? new Access(one.Claimed) : (Access?)null), wanted, refusal);
        }

        // A user whom the key of a direct room does not name is refused without a question. If the room does not exist
        // and no command creates it, the authorizer is not asked either.
        var questions = Array.ConvertAll(wanted, one => new Question(
            _room, kind ?? RoomKind.Channel, one.User, kind is null || RoomRights.RefuseKey(_people, one.User) is not null ? RoomAction.None : one.Actions,
            one.Claimed, IsDirect ? RoomRole.None : _membership.Table.Find(one.User).Role));
        return new(kind, await _authorization!.AskAsync(questions), wanted, Refusals.NoDecision);
    }

    private RoomAction ActionsOf(RoomCommand command) => command switch
    {
        // Slow mode does not limit a user who may moderate the group, so ask about that action too.
        Post post => RoomRights.ActionsOf(_room, post.Kind, MentionList.HasEveryone(post.Mentions))
            | (post.Kind == RoomEventKind.Msg && Slow > 0 ? RoomAction.Moderate : RoomAction.None),
        Enter when !IsDirect => RoomAction.Join | RoomAction.Read,
        MarkRead when !IsDirect => RoomAction.Read,
        _ => RoomAction.None,
    };

    /// <summary>
    /// Returns the access of the users whose role does not let them read the group. The authorizer or the user's token
    /// may still allow it. <c>IsIncomplete</c> is true if the authorizer did not answer for one of them.
    /// </summary>
    private async ValueTask<(Dictionary<string, Access> Allowed, bool IsIncomplete)> ReadersAsync(string[] users, RoomAction[]? claimed)
    {
        var allowed = new Dictionary<string, Access>();
        if (_ownership.Claim?.Kind != RoomKind.Group || (_authorization is null && claimed is null))
        {
            return (allowed, false);
        }

        var outsiders = users.Select((user, i) => (User: user, Actions: RoomAction.Read, Claimed: claimed?[i] ?? RoomAction.None))
            .Where(one => RefuseRead(one.User, default) is not null).ToArray();
        var authorized = _authorization is null || outsiders.Length == 0 ? null : await AuthorizeAsync(null, outsiders);
        var isIncomplete = false;
        for (var i = 0; i < outsiders.Length; i++)
        {
            isIncomplete |= authorized?.Refuse(i, RoomKind.Group) is not null;
            allowed[outsiders[i].User] = authorized?.AccessOf(i) ?? new(outsiders[i].Claimed);
        }

        return (allowed, isIncomplete);
    }

    /// <summary>The authorizer's answers about the commands of a call.</summary>
    /// <param name="kind">The room's kind in the questions; null if there was no room to ask about.</param>
    /// <param name="answers">One for each command; null if the authorizer did not answer.</param>
    /// <param name="unanswered">The refusal of a command without an answer.</param>
    private sealed class Authorized(
        RoomKind? kind, Access?[] answers, (string User, RoomAction Actions, RoomAction Claimed)[] wanted, Refused unanswered)
    {
        /// <summary>The access for a command that <see cref="Refuse"/> does not refuse.</summary>
        public Access AccessOf(int index) => answers[index] ?? default;

        /// <summary>
        /// Refuses a command for which there is no answer, or whose answer is for a room of another kind.
        /// </summary>
        /// <param name="now">The room's kind now; null if there is no room.</param>
        public Refused? Refuse(int index, RoomKind? now)
            => wanted[index].Actions == RoomAction.None ? null
                : answers[index] is null ? unanswered

                // Another call has created the room since the question.
                : now is not null && now != kind ? Refusals.Moving
                : null;
    }
}
