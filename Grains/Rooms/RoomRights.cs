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
/// outsider  | join a named group
/// banned    | nothing
/// invited   | join
/// member    | read, write, react, edit and delete own messages, invite, leave
/// moderator | also set the title, and delete messages of, kick, ban and mute users of lower roles
/// owner     | also give roles; the last owner stays the owner as long as others are members
/// muted     | read, delete own messages, leave, and as an owner give roles
/// </code>
/// An outsider of a private group, banned or not, gets the same answers as for a room that does not exist. In a
/// channel, the users that are attached count as members. In a direct room, the users that its key names are the
/// members.
/// </remarks>
internal static class RoomRights
{
    /// <summary>Whether only groups have events of this kind.</summary>
    public static bool NeedsGroup(RoomEventKind kind) => MemberChange.Is(kind) || kind == RoomEventKind.Title;

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

    /// <summary>
    /// Decides whether a user may change personal settings of the room. An invited user may only hide the invitation.
    /// </summary>
    public static Refused? RefuseSettings(ConversationSet set, RoomKind kind, RoomRole role)
        => role == RoomRole.Invited && set is { Followed: null, Pinned: null, Archived: null, MutedUntil: null } ? null
            : RefuseRead(set.Room, kind, role) ?? (set.Followed is not null && kind != RoomKind.Channel ? Refusals.OnlyChannels : null);

    /// <summary>Decides whether a user may move a read mark.</summary>
    public static Refused? RefuseMark(string room, Member user) => Member.Is(user.Role) ? null : Outsider(room, user.Role);

    /// <summary>Decides whether a user may send typing notices.</summary>
    public static Refused? RefuseTyping(in RoomState state, Member user)
        => RefuseMark(state.Room, user) ?? (user.MutedUntil > state.Now ? Refusals.Muted(user.MutedUntil) : null);

    /// <param name="asMember">True if the user must be a member already.</param>
    /// <param name="creates">True if the command may create the group.</param>
    /// <param name="title">The group's title, for an invited user; null for none.</param>
    public static Refused? RefuseEnter(in RoomState state, Member user, bool asMember, bool creates, string? title)
    {
        if (state.Kind != RoomKind.Group || Member.Is(user.Role))
        {
            return null;
        }

        var isPrivate = RoomKey.IsPrivate(state.Room);
        if (user.BannedUntil > state.Now)
        {
            return isPrivate ? Refusals.NoRoom : Refusals.Banned;
        }

        if (user.Role == RoomRole.Invited)
        {
            return asMember ? Refusals.Invited(title) : null;
        }

        // The creation of a private group and the creator's join are two commits. If the join fails, the creator
        // repeats the command. The join is then allowed, because the group has no event yet.
        return asMember ? Outsider(state.Room, user.Role)
            : isPrivate && !(creates && state.Seq == 0) ? Refusals.NoRoom
            : null;
    }

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
        var refused = request.Kind switch
        {
            RoomEventKind.Msg or RoomEventKind.React or RoomEventKind.Unreact or RoomEventKind.Invite => null,
            RoomEventKind.Edit => isOthers && !isMuted ? Refusals.NotAuthor : null,
            RoomEventKind.Delete when isOthers && Rank(actor.Role) < Rank(RoomRole.Moderator) => Refusals.NotAuthor,
            RoomEventKind.Delete => isOthers && authorRank >= Rank(actor.Role) ? Refusals.NotLower : null,
            RoomEventKind.Role => actor.Role == RoomRole.Owner ? null : Refusals.OwnersOnly,
            RoomEventKind.Join or RoomEventKind.Leave => Refusals.ServerKind,
            _ when !NeedsGroup(request.Kind) => Refusals.ServerKind,
            _ => Rank(actor.Role) < Rank(RoomRole.Moderator) ? Refusals.ModeratorsOnly : null,
        };

        // A muted owner may still give roles. Otherwise a group whose only owner is muted for ever could get no other
        // owner.
        refused ??= !isMuted || request.Kind == RoomEventKind.Role || (request.Kind == RoomEventKind.Delete && !isOthers)
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
    /// The answer to a user who is not a member. Only an invited user may know that a private group exists.
    /// </summary>
    private static Refused Outsider(string room, RoomRole role)
        => RoomKey.IsPrivate(room) && role != RoomRole.Invited ? Refusals.NoRoom : Refusals.NotMember;

    /// <summary>The rank of a role. A user who is not a member has the lowest rank.</summary>
    private static int Rank(RoomRole role) => Member.Is(role) ? (int)role : 0;
}
