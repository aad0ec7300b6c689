using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Charges an invitation or a join to the budget of its user, and limits the number of groups of a user.
/// </summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// Charges an invitation to the budget of its sender, and checks that the invited user has not blocked the sender
    /// and is not in too many groups. Returns null if the invitation may be appended, otherwise the answer. A repeated
    /// invitation is not charged: it gets its first answer again. Throws <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async Task<RoomReply?> RefuseInviteAsync(WaitingEntry waiting)
    {
        if (await FirstAnswerAsync(waiting.Entry) is { } first)
        {
            return first;
        }

        if (await ChargeAsync(waiting.Entry.User, UserAction.Invite) is { } unpaid)
        {
            return unpaid;
        }

        var invited = waiting.Change!.User;
        if (RoomRights.RefuseInvitation(await _log.BlockersAsync(waiting.Entry.User, [invited], _stopping.Token)) is { } blocked)
        {
            return blocked;
        }

        return _membership.Table.Find(invited).Role == RoomRole.None
            && await HasTooManyGroupsAsync(invited, withInvitations: true)
            ? Refusals.TargetUnavailable
            : null;
    }

    /// <summary>
    /// Charges the join of a group to the user's budget, and checks that the user is not in too many groups. Returns
    /// null if the user may join, otherwise the refusal. Throws <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async Task<Refused?> RefuseJoinAsync(string user)
    {
        if (_membership.Contains(user))
        {
            return null;
        }

        if (_membership.Table.Members >= _options.GroupMembers)
        {
            return Refusals.Full;
        }

        // A group without events is new, and its creator has already paid for the creation. Until the log has reached
        // LogVersion.Rights, the user's grain may be on a silo of version 0.1.0, which cannot charge joins.
        if (_head > 0 && await _gate.IsOpenAsync() && await ChargeAsync(user, UserAction.Join) is { } unpaid)
        {
            return unpaid;
        }

        return await HasTooManyGroupsAsync(user) ? Refusals.TooManyGroups : null;
    }

    /// <summary>
    /// Whether the user has reached the maximum number of groups. The count and the join are two transactions. So the
    /// user can exceed the limit with several joins at the same time.
    /// </summary>
    /// <param name="withInvitations">
    /// Whether invitations count too. They do not count when the user joins. Otherwise, other users could use up the
    /// user's limit with invitations.
    /// </param>
    private async Task<bool> HasTooManyGroupsAsync(string user, bool withInvitations = false) => _options.GroupsPerUser > 0
        && await _log.CountGroupsAsync(user, withInvitations, _options.GroupsPerUser, _stopping.Token) >= _options.GroupsPerUser;

    /// <summary>
    /// Charges an action to the user's budget. Returns null if the budget allows it, otherwise the refusal. Never
    /// throws.
    /// </summary>
    private async Task<Refused?> ChargeAsync(string user, UserAction action)
    {
        var isInvite = action == UserAction.Invite;
        var burst = isInvite ? _options.InvitesPerUser : _options.JoinsPerUser;
        if (burst == 0)
        {
            return null;
        }

        try
        {
            var interval = isInvite ? _options.InviteInterval : _options.JoinInterval;
            var wait = await GrainFactory.GetGrain<IUserGrain>(user).TakeActionAsync(action, burst, interval);
            return wait <= TimeSpan.Zero ? null : isInvite ? Refusals.TooManyInvites(wait) : Refusals.TooManyJoins(wait);
        }
        catch (Exception exception)
        {
            LogNotCharged(exception, action);
            return Refusals.UserAway;
        }
    }

    [LoggerMessage(107, LogLevel.Warning, "A user's action was refused because it could not be charged: {Action}")]
    private partial void LogNotCharged(Exception exception, UserAction action);
}
