using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Decides what a user may do in a room. Every path asks this class: commands, reads and attachments. Each method
/// returns null if the action is allowed, otherwise the refusal.
/// </summary>
/// <remarks>
/// In a group:
/// <code>
/// user      | may
/// ----------|------------------------------------------------------------------------------------
/// outsider  | join a named group that is not private
/// banned    | nothing
/// invited   | join
/// member    | read, delete own messages, end own links, leave, and what <see cref="RoomSettings"/> allows to members
/// moderator | the same, but what <see cref="RoomSettings"/> allows to moderators
/// owner     | everything; the last owner stays the owner as long as others are members
/// muted     | read, delete own messages, end own links, leave, and as an owner give roles
/// </code>
/// An outsider who is not banned may also join by an invitation link. An outsider of a group that the server named,
/// banned or not, gets the same answers as for a room that does not exist. In a channel, the users that are attached
/// count as members. In a direct room, the users that its key names are the members.
/// </remarks>
internal static class RoomRights
{
    /// <summary>Whether only groups have events of this kind.</summary>
    public static bool NeedsGroup(RoomEventKind kind)
        => MemberChange.Is(kind) || LinkTerms.Is(kind) || kind is RoomEventKind.Title or RoomEventKind.Settings;

    /// <summary>Whether events of this kind refer to a message.</summary>
    public static bool NeedsMessage(RoomEventKind kind)
        => kind is RoomEventKind.Edit or RoomEventKind.Delete or RoomEventKind.React or RoomEventKind.Unreact;

    /// <summary>
    /// Decides by the room's key alone: only the users that the key of a direct room names may use the room.
    /// </summary>
    /// <param name="people"><see cref="DirectRoom.People"/> of the key.</param>
    public static Refused? RefuseKey(string[]? people, string user)
        => people is null ? Refusals.NoRoom : people.Length > 0 && !people.Contains(user) ? Refusals.NotYours : null;

    /// <summary>
    /// Decides whether a user may read the history and the members, and be attached. A channel is open to all users.
    /// </summary>
    public static Refused? RefuseRead(string room, RoomKind kind, RoomRole role)
        => kind != RoomKind.Group || Member.Is(role) ? null : Outsider(room, role);

    /// <summary>Decides whether a user may move a read mark.</summary>
    public static Refused? RefuseMark(string room, Member user) => Member.Is(user.Role) ? null : Outsider(room, user.Role);

    /// <summary>Decides whether a user may send typing notices.</summary>
    public static Refused? RefuseTyping(in RoomState state, Member user)
        => RefuseMark(state.Room, user)
            ?? (!state.Allows(user.Role, RoomActions.Write) ? Refusals.NotAllowed
                : user.MutedUntil > state.Now ? Refusals.Muted(user.MutedUntil)
                : null);

    /// <param name="asMember">True if the user must be a member already.</param>
    /// <param name="creates">True if the command may create the group.</param>
    /// <param name="title">The group's title, for an invited user; null for none.</param>
    /// <param name="byLink">True if the user has a usable link of the group.</param>
    public static Refused? RefuseEnter(in RoomState state, Member user, bool asMember, bool creates, string? title, bool byLink = false)
    {
        if (state.Kind != RoomKind.Group || Member.Is(user.Role))
        {
            return null;
        }

        var isHidden = RoomKey.IsPrivate(state.Room);
        if (user.BannedUntil > state.Now)
        {
            return isHidden ? Refusals.NoRoom : Refusals.Banned;
        }

        if (user.Role == RoomRole.Invited)
        {
            return asMember ? Refusals.Invited(title) : null;
        }

        // The creation of a private group and the creator's join are two commits. If the join fails, the creator
        // repeats the command. The join is then allowed, because the group has no event yet.
        return asMember ? Outsider(state.Room, user.Role)
            : !state.IsPrivate || byLink || (creates && state.Seq == 0) ? null
            : isHidden ? Refusals.NoRoom
            : Refusals.ByInvitation;
    }

    /// <summary>
    /// Returns the answer to a user who can join only by a link, and whose link is not usable. A private group answers
    /// like a room that does not exist.
    /// </summary>
    public static Refused RefuseLink(string room) => RoomKey.IsPrivate(room) ? Refusals.NoRoom : Refusals.LinkNotValid;

    /// <summary>Decides whether a member may leave the group.</summary>
    public static Refused? RefuseLeave(in RoomState state, Member user)
        => user.Role == RoomRole.Owner && state is { Owners: <= 1, Members: > 1 } ? Refusals.LastOwner : null;

    public static Refused? RefuseEvent(in RoomState state, Member actor, in EventRequest request)
    {
        if (!Member.Is(actor.Role))
        {
            return Outsider(state.Room, actor.Role);
        }

        if (NeedsGroup(request.Kind) && state.Kind != RoomKind.Group)
        {
            return Refusals.OnlyGroups;
        }

        var isMuted = actor.MutedUntil > state.Now;
        var isOthers = request.Author is { } author && author.User != actor.User;
        var authorRank = Rank(request.Author?.Role ?? RoomRole.None);
        var needed = ActionOf(request.Kind);
        var refused = request.Kind switch
        {
            RoomEventKind.Unlink when request.Author is null => Refusals.NoLink,
            RoomEventKind.Unlink => isOthers && (!state.Allows(actor.Role, RoomActions.Moderate) || authorRank >= Rank(actor.Role)) ? Refusals.LinkOfOther : null,
            RoomEventKind.Delete when isOthers && !state.Allows(actor.Role, RoomActions.Moderate) => Refusals.NotAuthor,
            RoomEventKind.Delete => isOthers && authorRank >= Rank(actor.Role) ? Refusals.NotLower : null,
            RoomEventKind.Role => actor.Role == RoomRole.Owner ? null : Refusals.OwnersOnly,
            RoomEventKind.Settings => actor.Role == RoomRole.Owner ? null : Refusals.OwnersOnlySettings,
            _ when needed is null => Refusals.ServerKind,
            _ when !state.Allows(actor.Role, needed.Value) => Refusals.NotAllowed,
            RoomEventKind.Edit => isOthers && !isMuted ? Refusals.NotAuthor : null,
            _ => null,
        };

        // A muted owner may still give roles. Otherwise a group whose only owner is muted for ever could get no other
        // owner.
        refused ??= !isMuted || request.Kind == RoomEventKind.Role || (request.Kind is RoomEventKind.Delete or RoomEventKind.Unlink && !isOthers)
            ? null
            : Refusals.Muted(actor.MutedUntil);
        return refused ?? (NeedsGroup(request.Kind) ? RefuseChange(state, actor, request) : null);
    }

    private static Refused? RefuseChange(in RoomState state, Member actor, in EventRequest request)
    {
        if (!request.IsWellFormed)
        {
            return Refusals.Malformed;
        }

        if (request.Settings is { Private: false } && RoomKey.IsPrivate(state.Room))
        {
            return Refusals.AlwaysPrivate;
        }

        if (request.Target is not { } target)
        {
            return null;
        }

        var isMember = Member.Is(target.Role);
        var isLower = Rank(target.Role) < Rank(actor.Role);
        return request.Kind switch
        {
            RoomEventKind.Invite => isMember ? Refusals.AlreadyMember : target.BannedUntil > state.Now ? Refusals.TargetBanned : null,
            RoomEventKind.Kick => !isMember && target.Role != RoomRole.Invited ? Refusals.TargetNoMember : isLower ? null : Refusals.NotLower,
            RoomEventKind.Unban => target.BannedUntil > state.Now ? null : Refusals.TargetNotBanned,
            RoomEventKind.Unmute => !isLower ? Refusals.NotLower : target.MutedUntil > state.Now ? null : Refusals.TargetNotMuted,
            RoomEventKind.Role => !isMember ? Refusals.TargetNoMember
                : target.Role == RoomRole.Owner && request.Role != RoomRole.Owner && state.Owners <= 1 ? Refusals.LastOwner
                : null,
            _ => isLower ? null : Refusals.NotLower,
        };
    }

    /// <summary>
    /// The action that a user must be allowed for events of this kind; null for a kind that no action allows.
    /// </summary>
    private static RoomActions? ActionOf(RoomEventKind kind) => kind switch
    {
        RoomEventKind.Msg or RoomEventKind.Edit => RoomActions.Write,
        RoomEventKind.React or RoomEventKind.Unreact => RoomActions.React,
        RoomEventKind.Invite or RoomEventKind.Link => RoomActions.Invite,
        RoomEventKind.Kick or RoomEventKind.Ban or RoomEventKind.Unban or RoomEventKind.Mute or RoomEventKind.Unmute => RoomActions.Moderate,
        RoomEventKind.Title => RoomActions.Manage,
        _ => null,
    };

    /// <summary>
    /// The answer to a user who is not a member. Only an invited user may know that a group exists that the server
    /// named.
    /// </summary>
    private static Refused Outsider(string room, RoomRole role)
        => RoomKey.IsPrivate(room) && role != RoomRole.Invited ? Refusals.NoRoom : Refusals.NotMember;

    /// <summary>The rank of a role. A user who is not a member has the lowest rank.</summary>
    private static int Rank(RoomRole role) => Member.Is(role) ? (int)role : 0;
}
