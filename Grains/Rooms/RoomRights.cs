using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Decides what a user may do in a room. Commands, reads and attachments all ask this class. A method whose name begins
/// with Refuse returns null if the action is allowed, otherwise the refusal.
/// </summary>
/// <remarks>
/// In a group:
/// <code>
/// user      | may
/// ----------|------------------------------------------------------------------------------------
/// outsider  | join a group that is not private
/// banned    | nothing
/// invited   | join
/// member    | read, delete own messages, end own links, leave, and what <see cref="RoomSettings"/> allows to members
/// moderator | the same, with what <see cref="RoomSettings"/> allows to moderators
/// owner     | everything; but the only owner stays owner, and can leave only as the last member
/// muted     | read, delete own messages, end own links, leave, and give roles if the muted member is an owner
/// </code>
/// An outsider is a user who is neither a member nor invited. An outsider who is not banned may also join by an
/// invitation link. An outsider of a group that the server named, banned or not, gets the same answers as for a room
/// that does not exist. In a channel, the users that are attached count as members. In a direct room, the users that
/// its key names are the members.
/// <para>
/// A message that mentions everyone needs the right to moderate, and is refused in a direct room.
/// </para>
/// <para>
/// The first of these that applies decides: a ban or mute, the answer of the <see cref="IRoomAuthorizer"/>, the actions
/// that the user's token grants, the role. <see cref="Access"/> contains that answer and the granted actions.
/// </para>
/// </remarks>
internal static partial class RoomRights
{
    /// <summary>Whether only groups have events of this kind.</summary>
    public static bool NeedsGroup(RoomEventKind kind)
        => MemberChange.Is(kind) || LinkTerms.Is(kind) || kind is RoomEventKind.Title or RoomEventKind.Settings;

    /// <summary>Whether events of this kind refer to a message.</summary>
    public static bool NeedsMessage(RoomEventKind kind)
        => kind is RoomEventKind.Edit or RoomEventKind.Delete or RoomEventKind.React or RoomEventKind.Unreact || PinRules.Concerns(kind);

    /// <summary>Whether events of this kind are unknown to version 0.1.0.</summary>
    public static bool NeedsVersion(RoomEventKind kind) => NeedsGroup(kind) || PinRules.Concerns(kind);

    /// <summary>The actions that the authorizer is asked about before an event of this kind is accepted.</summary>
    /// <param name="mentionsEveryone">Whether a message mentions everyone.</param>
    public static RoomAction ActionsOf(string room, RoomEventKind kind, bool mentionsEveryone = false)
    {
        // In a group that the server named, the answer about Read decides whether the user may know that the group
        // exists. For a deletion, the author of the message is not known yet, so the authorizer is asked about Write
        // and Moderate.
        var action = kind switch
        {
            RoomEventKind.Delete => RoomAction.Write | RoomAction.Moderate,
            RoomEventKind.Msg when mentionsEveryone => RoomAction.Write | RoomAction.Moderate,
            RoomEventKind.Unlink => RoomAction.Moderate,

            // The kind of the room decides which of these actions allows a pin.
            RoomEventKind.Pin or RoomEventKind.Unpin => RoomKey.IsDirect(room) ? RoomAction.Write : RoomAction.Pin | RoomAction.Moderate,
            _ => ActionOf(RoomKind.Group, kind, isOthers: false),
        };
        return RoomKey.IsDirect(room) ? action & (RoomAction.Write | RoomAction.React)
            : RoomKey.IsPrivate(room) ? action | RoomAction.Read
            : action;
    }

    /// <summary>
    /// Decides by the room's key alone: only the users that the key of a direct room names may use the room.
    /// </summary>
    /// <param name="people"><see cref="DirectRoom.People"/> of the key.</param>
    public static Refused? RefuseKey(string[]? people, string user)
        => people is null ? Refusals.NoRoom : people.Length > 0 && !people.Contains(user) ? Refusals.NotYours : null;

    /// <summary>
    /// Decides whether a user may read the history and the list of members, and be attached. A channel is open to all
    /// users to whom the authorizer does not deny reading.
    /// </summary>
    public static Refused? RefuseRead(string room, RoomKind kind, RoomRole role, bool isBanned = false, Access access = default)
        => kind == RoomKind.Direct ? null
            : access.Denies(RoomAction.Read) ? Denied(room)
            : kind != RoomKind.Group || Member.Is(role) || (!isBanned && access.Grants(RoomAction.Read)) ? null
            : Outsider(room, role);

    /// <summary>
    /// Decides whether the room grain of a group that the server named may be called for a user. If not, the user gets
    /// the same answer as for a room that does not exist.
    /// </summary>
    /// <param name="byLink">True if the user has a usable link of the group.</param>
    public static bool MayCall(RoomRole role, bool isBanned, Access access, bool byLink = false)
        => !access.Denies(RoomAction.Read) && !isBanned && (Member.Is(role) || access.Grants(RoomAction.Read)
            || (role == RoomRole.Invited || byLink ? !access.Denies(RoomAction.Join) : access.Grants(RoomAction.Join)));

    /// <summary>
    /// Decides whether a user may change personal settings of the room. An invited user may only hide the invitation. A
    /// user to whom only the token or the authorizer allows reading has no conversation, and so no settings.
    /// </summary>
    public static Refused? RefuseSettings(ConversationSet set, RoomKind kind, RoomRole role, Access access = default)
        => kind != RoomKind.Direct && access.Denies(RoomAction.Read) ? Denied(set.Room)
            : role == RoomRole.Invited && set is { Followed: null, Pinned: null, Archived: null, MutedUntil: null } ? null
            : RefuseRead(set.Room, kind, role) ?? (set.Followed is not null && kind != RoomKind.Channel ? Refusals.OnlyChannels : null);

    /// <summary>Decides whether a user may move a read mark.</summary>
    public static Refused? RefuseMark(in RoomState state, Member user, Access access = default)
        => state.Kind != RoomKind.Direct && access.Denies(RoomAction.Read) ? Denied(state.Room)
            : Member.Is(user.Role) ? null
            : Outsider(state, user, access);

    /// <summary>Decides whether a user may send typing notices.</summary>
    public static Refused? RefuseTyping(in RoomState state, Member user, Access access = default)
        => RefuseMark(state, user, access)
            ?? (user.MutedUntil > state.Now ? Refusals.Muted(user.MutedUntil)
                : access.Denies(RoomAction.Write) ? Refusals.Denied
                : access.Grants(RoomAction.Write) || state.Allows(user.Role, RoomAction.Write) ? null
                : Refusals.NotAllowed);

    /// <summary>Decides whether a user may be attached: as a member, as a new member, or only to read.</summary>
    /// <param name="asMember">True if the user must be a member already.</param>
    /// <param name="creates">True if the command may create the group.</param>
    /// <param name="title">The group's title, for an invited user; null for none.</param>
    public static Refused? RefuseEnter(in RoomState state, Member user, bool asMember, bool creates, string? title, Access access = default)
    {
        if (state.Kind == RoomKind.Direct)
        {
            return null;
        }

        if (state.Kind == RoomKind.Channel)
        {
            return access.Denies(RoomAction.Join | RoomAction.Read) ? Refusals.Denied : null;
        }

        if (Member.Is(user.Role))
        {
            return access.Denies(RoomAction.Read) ? Denied(state.Room) : null;
        }

        // A user who may not become a member may still be attached to read.
        var mayRead = !IsBanned(state, user) && access.Grants(RoomAction.Read);
        return mayRead ? null
            : !asMember ? RefuseJoin(state, user, creates, access)
            : IsBanned(state, user) ? Banned(state.Room)
            : access.Denies(RoomAction.Read) ? Denied(state.Room)
            : user.Role == RoomRole.Invited ? Refusals.Invited(title)
            : Outsider(state.Room, user.Role);
    }

    /// <summary>Decides whether a user who is not a member may become a member of a group.</summary>
    /// <param name="creates">True if the command may create the group.</param>
    /// <param name="byLink">True if the user has a usable link of the group.</param>
    public static Refused? RefuseJoin(in RoomState state, Member user, bool creates, Access access = default, bool byLink = false)
    {
        if (IsBanned(state, user))
        {
            return Banned(state.Room);
        }

        // The creation of a private group and the creator's join are two commits. If a call fails between them, the
        // gateway sends the command again. The join is then allowed, because the group has no event yet.
        var isNew = creates && state.Seq == 0;
        return access.Denies(RoomAction.Join | RoomAction.Read) ? (isNew ? Refusals.Denied : Denied(state.Room))
            : isNew || byLink || user.Role == RoomRole.Invited || !state.IsPrivate || access.Grants(RoomAction.Join) ? null
            : RoomKey.IsPrivate(state.Room) ? Refusals.NoRoom
            : Refusals.ByInvitation;
    }

    /// <summary>
    /// Returns the answer to a user who needs a link to join and has no usable one. A group that the server named
    /// answers like a room that does not exist.
    /// </summary>
    public static Refused RefuseLink(string room) => RoomKey.IsPrivate(room) ? Refusals.NoRoom : Refusals.LinkNotValid;

    /// <summary>
    /// Whether a user with this role may moderate the group, for example read its changes. A mute makes no difference.
    /// </summary>
    public static bool MayModerate(in RoomState state, RoomRole role, Access access)
        => Member.Is(role) && !access.Denies(RoomAction.Moderate)
            && (access.Grants(RoomAction.Moderate) || state.Allows(role, RoomAction.Moderate));

    /// <summary>Whether slow mode limits the messages of a member.</summary>
    public static bool IsSlowed(in RoomState state, Member user, Access access)
        => state is { Kind: RoomKind.Group, Settings.Slow: > 0 } && !MayModerate(state, user.Role, access);

    /// <summary>Decides whether a member may leave the group.</summary>
    public static Refused? RefuseLeave(in RoomState state, Member user)
        => user.Role == RoomRole.Owner && state is { Owners: <= 1, Members: > 1 } ? Refusals.LastOwner : null;

    public static Refused? RefuseEvent(in RoomState state, Member actor, in EventRequest request, Access access = default)
    {
        if (access.Denies(RoomAction.Read))
        {
            // The authorizer is asked about Read only for a post to a group that the server named.
            return Denied(state.Room);
        }

        if (!Member.Is(actor.Role))
        {
            return Outsider(state, actor, access);
        }

        if (RefuseBlocked(request.Blocked) is { } blocked)
        {
            return blocked;
        }

        if (NeedsGroup(request.Kind) && state.Kind != RoomKind.Group)
        {
            return Refusals.OnlyGroups;
        }

        var isMuted = actor.MutedUntil > state.Now;
        var isOthers = request.Author is { } author && author.User != actor.User;
        var authorRank = Rank(request.Author?.Role ?? RoomRole.None);
        var action = ActionOf(state.Kind, request.Kind, isOthers);
        var isGranted = state.Kind != RoomKind.Direct && access.Grants(action);
        var isAllowed = isGranted || state.Allows(actor.Role, action);
        var rank = action == RoomAction.Moderate && isGranted ? Math.Max(Rank(actor.Role), Rank(RoomRole.Moderator)) : Rank(actor.Role);
        var refused = request.Kind switch
        {
            RoomEventKind.Unlink when request.Author is null => Refusals.NoLink,
            RoomEventKind.Unlink => isOthers && (!isAllowed || authorRank >= rank) ? Refusals.LinkOfOther : null,
            RoomEventKind.Delete when isOthers && !isAllowed => Refusals.NotAuthor,
            RoomEventKind.Delete => isOthers && authorRank >= rank ? Refusals.NotLower : null,
            RoomEventKind.Role => actor.Role == RoomRole.Owner || isGranted ? null : Refusals.OwnersOnly,
            RoomEventKind.Settings => actor.Role == RoomRole.Owner || isGranted ? null : Refusals.OwnersOnlySettings,
            _ when action == RoomAction.None => Refusals.ServerKind,
            _ when !isAllowed => state.Kind == RoomKind.Group ? Refusals.NotAllowed : Refusals.Denied,
            RoomEventKind.Edit => isOthers && !isMuted ? Refusals.NotAuthor : null,
            RoomEventKind.Msg when request.MentionsEveryone => RefuseEveryone(state, actor, access),
            _ => null,
        };

        // A muted owner may still give roles. Otherwise, a group whose only owner is muted without an end could get no
        // other owner.
        refused ??= !isMuted || (request.Kind == RoomEventKind.Role && actor.Role == RoomRole.Owner)
            || (request.Kind is RoomEventKind.Delete or RoomEventKind.Unlink && !isOthers)
            ? null
            : Refusals.Muted(actor.MutedUntil);

        // Until the author of the message is known, the action that a deletion needs is not known either.
        refused ??= access.Denies(action) && request is not { Kind: RoomEventKind.Delete, Author: null } ? Refusals.Denied : null;
        return refused ?? (NeedsGroup(request.Kind) ? RefuseChange(state, rank, request) : null);
    }

    /// <summary>Decides whether a message may mention everyone: its sender needs the right to moderate.</summary>
    private static Refused? RefuseEveryone(in RoomState state, Member actor, Access access)
        => state.Kind == RoomKind.Direct ? Refusals.EveryoneInDirect
            : access.Denies(RoomAction.Moderate) ? Refusals.Denied
            : access.Grants(RoomAction.Moderate) || state.Allows(actor.Role, RoomAction.Moderate) ? null
            : Refusals.NotEveryone;

    private static Refused? RefuseChange(in RoomState state, int rank, in EventRequest request)
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
        var isLower = Rank(target.Role) < rank;
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
    /// The answer to a user who is not a member. If the server named the group, only an invited user may learn that it
    /// exists.
    /// </summary>
    private static Refused Outsider(string room, RoomRole role)
        => RoomKey.IsPrivate(room) && role != RoomRole.Invited ? Refusals.NoRoom : Refusals.NotMember;

    private static Refused Outsider(in RoomState state, Member user, Access access)
        => !IsBanned(state, user) && access.Grants(RoomAction.Read) ? Refusals.NotMember : Outsider(state.Room, user.Role);

    /// <summary>The answer to a user whom the authorizer does not let join or read.</summary>
    private static Refused Denied(string room) => RoomKey.IsPrivate(room) ? Refusals.NoRoom : Refusals.Denied;

    private static Refused Banned(string room) => RoomKey.IsPrivate(room) ? Refusals.NoRoom : Refusals.Banned;

    private static bool IsBanned(in RoomState state, Member user) => user.BannedUntil > state.Now;

    /// <summary>The action that must be allowed for an event of this kind, in a room of this kind.</summary>
    /// <param name="isOthers">Whether the event refers to another user's message or link.</param>
    private static RoomAction ActionOf(RoomKind room, RoomEventKind kind, bool isOthers) => kind switch
    {
        RoomEventKind.Pin or RoomEventKind.Unpin => room switch
        {
            RoomKind.Group => RoomAction.Pin,
            RoomKind.Channel => RoomAction.Moderate,
            _ => RoomAction.Write,
        },
        RoomEventKind.Delete or RoomEventKind.Unlink when isOthers => RoomAction.Moderate,
        RoomEventKind.Msg or RoomEventKind.Edit or RoomEventKind.Delete => RoomAction.Write,
        RoomEventKind.React or RoomEventKind.Unreact => RoomAction.React,
        RoomEventKind.Invite or RoomEventKind.Link => RoomAction.Invite,
        RoomEventKind.Unlink => RoomAction.None,
        RoomEventKind.Kick or RoomEventKind.Ban or RoomEventKind.Unban or RoomEventKind.Mute or RoomEventKind.Unmute => RoomAction.Moderate,
        _ => NeedsGroup(kind) ? RoomAction.Manage : RoomAction.None,
    };

    /// <summary>The rank of a role. A user who is not a member has the lowest rank.</summary>
    private static int Rank(RoomRole role) => Member.Is(role) ? (int)role : 0;
}
