using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// How the rules of RoomRights combine a user's role with the authorizer's answer and with the actions that the token
/// grants.
/// </summary>
public sealed class AccessTests
{
    private const long Now = 1000;

    private static readonly RoomState Named = new("team", RoomKind.Group, 5, 3, 2, Now);
    private static readonly RoomState Private = Named with { Room = "~team" };
    private static readonly RoomState Channel = Named with { Room = "lobby", Kind = RoomKind.Channel };
    private static readonly RoomState Direct = Named with { Room = "@3:ann3:bob", Kind = RoomKind.Direct };

    /// <summary>
    /// Each row has a role, a kind of event, and three errors: if only the role counts, if the token or the authorizer
    /// allows all actions, and if the token allows but the authorizer denies them. Null means that the event is
    /// accepted.
    /// </summary>
    public static TheoryData<RoomRole, RoomEventKind, string?, string?, string?> Events => new()
    {
        { RoomRole.None, RoomEventKind.Msg, "join the room first", "join the room first", "join the room first" },
        { RoomRole.None, RoomEventKind.Kick, "join the room first", "join the room first", "join the room first" },
        { RoomRole.Member, RoomEventKind.Msg, null, null, Denied },
        { RoomRole.Member, RoomEventKind.React, null, null, Denied },
        { RoomRole.Member, RoomEventKind.Invite, null, null, Denied },
        { RoomRole.Member, RoomEventKind.Title, "this group does not allow your role to do this", null, "this group does not allow your role to do this" },
        { RoomRole.Member, RoomEventKind.Role, "only owners may change roles", null, "only owners may change roles" },
        { RoomRole.Member, RoomEventKind.Mute, "this group does not allow your role to do this", null, "this group does not allow your role to do this" },
        { RoomRole.Moderator, RoomEventKind.Title, null, null, Denied },
        { RoomRole.Moderator, RoomEventKind.Role, "only owners may change roles", null, "only owners may change roles" },
        { RoomRole.Owner, RoomEventKind.Role, null, null, Denied },
        { RoomRole.Owner, RoomEventKind.Mute, null, null, Denied },
    };

    private const string Denied = "this server does not allow you to do this in this room";

    [Theory, MemberData(nameof(Events))]
    public void Event_WhenAskedForARole_IsDecidedByTheTable(RoomRole role, RoomEventKind kind, string? plain, string? granted, string? denied)
    {
        var all = (RoomAction)127;

        Assert.Equal(plain, Refuse(default));
        Assert.Equal(granted, Refuse(new(Claimed: all & ~RoomAction.Read)));
        Assert.Equal(granted, Refuse(new(Allowed: all & ~RoomAction.Read)));
        Assert.Equal(denied, Refuse(new(Claimed: all, Denied: all & ~RoomAction.Read)));

        string? Refuse(Access access)
        {
            var target = kind == RoomEventKind.Title ? null : new Member("bob", kind == RoomEventKind.Invite ? RoomRole.None : RoomRole.Member);
            return RoomRights.RefuseEvent(Named, new("ann", role), new(kind, target, RoomRole.Member), access)?.Message;
        }
    }

    [Theory]
    [InlineData(RoomRole.Member, null)]
    [InlineData(RoomRole.Moderator, "you may do this only to a user of a lower role")]
    [InlineData(RoomRole.Owner, "you may do this only to a user of a lower role")]
    public void ModerateClaim_WhenAMemberHasIt_GivesTheRankOfAModerator(RoomRole target, string? expected)
    {
        var access = new Access(RoomAction.Moderate);

        foreach (var kind in (RoomEventKind[])[RoomEventKind.Kick, RoomEventKind.Ban, RoomEventKind.Mute])
        {
            Assert.Equal(expected, RoomRights.RefuseEvent(Named, new("ann", RoomRole.Member), new(kind, new("bob", target)), access)?.Message);
        }

        Assert.Equal(expected, RoomRights.RefuseEvent(Named, new("ann", RoomRole.Member), new(RoomEventKind.Delete, Author: new("bob", target)), access)?.Message);
    }

    [Fact]
    public void Delete_WhenWritingIsDenied_WaitsForTheAuthor()
    {
        var moderator = new Member("ann", RoomRole.Moderator);
        var access = new Access(Allowed: RoomAction.Moderate, Denied: RoomAction.Write);

        Assert.Null(RoomRights.RefuseEvent(Named, moderator, new(RoomEventKind.Delete), access));
        Assert.Null(RoomRights.RefuseEvent(Named, moderator, new(RoomEventKind.Delete, Author: new("bob", RoomRole.Member)), access));
        Assert.Equal(Denied, RoomRights.RefuseEvent(Named, moderator, new(RoomEventKind.Delete, Author: moderator), access)?.Message);
    }

    [Fact]
    public void Mute_WhenAllActionsAreAllowed_StillHolds()
    {
        var muted = new Member("ann", RoomRole.Member, MutedUntil: Now + 1);
        var access = new Access((RoomAction)127, (RoomAction)127);

        foreach (var kind in (RoomEventKind[])[RoomEventKind.Msg, RoomEventKind.Kick, RoomEventKind.Role, RoomEventKind.Title])
        {
            Assert.Equal(Refusal.Muted, RoomRights.RefuseEvent(Named, muted, new(kind, new("bob", RoomRole.Member), RoomRole.Owner), access)?.Reason);
        }

        Assert.Equal(Refusal.Muted, RoomRights.RefuseTyping(Named, muted, access)?.Reason);
    }

    [Fact]
    public void Ban_WhenAllActionsAreAllowed_StillHolds()
    {
        var banned = new Member("ann", RoomRole.None, BannedUntil: Now + 1);
        var access = new Access((RoomAction)127, (RoomAction)127);

        Assert.Equal(Refusals.Banned, RoomRights.RefuseEnter(Named, banned, asMember: false, creates: true, null, access));
        Assert.Equal(Refusals.Banned, RoomRights.RefuseEnter(Named, banned, asMember: true, creates: false, null, access));
        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseEnter(Private, banned, asMember: true, creates: false, null, access));
        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseJoin(Private, banned, creates: true, access));
        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseRead("~team", RoomKind.Group, RoomRole.None, isBanned: true, access));
        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseEvent(Private, banned, new(RoomEventKind.Msg), access));
        Assert.False(RoomRights.MayCall(RoomRole.None, isBanned: true, access));
    }

    /// <summary>
    /// <c>joins</c>: whether the user becomes a member. <c>resumed</c>: the error of a resume; null if it is accepted.
    /// </summary>
    [Theory]
    [InlineData("join", null, true, "there is no such room")]
    [InlineData("read", null, false, null)]
    [InlineData("join read", null, true, null)]
    [InlineData("write moderate manage", "there is no such room", false, "there is no such room")]
    public void Claim_WhenAnOutsiderEntersAPrivateGroup_AdmitsByJoinOrRead(string claimed, string? expected, bool joins, string? resumed)
    {
        var ann = new Member("ann", RoomRole.None);
        var access = new Access(claimed.Split(' ').Aggregate(RoomAction.None, (actions, word) => actions | Enum.Parse<RoomAction>(word, ignoreCase: true)));

        Assert.Equal(expected, RoomRights.RefuseEnter(Private, ann, asMember: false, creates: false, null, access)?.Message);
        Assert.Equal(joins, RoomRights.RefuseJoin(Private, ann, creates: false, access) is null);
        Assert.Equal(resumed, RoomRights.RefuseEnter(Private, ann, asMember: true, creates: false, null, access)?.Message);
        Assert.Equal(expected is null, RoomRights.MayCall(RoomRole.None, isBanned: false, access));
    }

    [Theory]
    [InlineData(RoomRole.Owner)]
    [InlineData(RoomRole.Invited)]
    [InlineData(RoomRole.None)]
    public void PrivateGroup_WhenReadingIsDenied_LooksAbsent(RoomRole role)
    {
        var ann = new Member("ann", role);
        var access = new Access((RoomAction)127, Denied: RoomAction.Read);

        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseEnter(Private, ann, asMember: false, creates: false, "Plans", access));
        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseEnter(Private, ann, asMember: true, creates: false, "Plans", access));
        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseRead("~team", RoomKind.Group, role, isBanned: false, access));
        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseEvent(Private, ann, new(RoomEventKind.Msg), access));
        Assert.Equal(Refusals.NoRoom, RoomRights.RefuseMark(Private, ann, access));
        Assert.False(RoomRights.MayCall(role, isBanned: false, access));
    }

    [Fact]
    public void Channel_WhenTheAuthorizerDenies_IsForbidden()
    {
        var ann = new Member("ann", RoomRole.Member);

        Assert.Equal(Refusals.Denied, RoomRights.RefuseEnter(Channel, ann, asMember: true, creates: false, null, new(Denied: RoomAction.Join)));
        Assert.Equal(Refusals.Denied, RoomRights.RefuseEnter(Channel, ann, asMember: false, creates: false, null, new(Denied: RoomAction.Read)));
        Assert.Equal(Refusals.Denied, RoomRights.RefuseRead("lobby", RoomKind.Channel, RoomRole.None, isBanned: false, new(Denied: RoomAction.Read)));
        Assert.Equal(Refusals.Denied, RoomRights.RefuseEvent(Channel, ann, new(RoomEventKind.Msg), new(Denied: RoomAction.Write)));
        Assert.Equal(Refusals.Denied, RoomRights.RefuseTyping(Channel, ann, new(Denied: RoomAction.Write)));
    }

    [Fact]
    public void DirectRoom_WhenActionsAreClaimed_GetsNoNewRight()
    {
        var (ann, bob) = (new Member("ann", RoomRole.Member), new Member("bob", RoomRole.Member));
        var access = new Access((RoomAction)127, (RoomAction)127);

        Assert.Equal(Refusals.NotAuthor, RoomRights.RefuseEvent(Direct, ann, new(RoomEventKind.Delete, Author: bob), access));
        Assert.Null(RoomRights.RefuseEvent(Channel, ann, new(RoomEventKind.Delete, Author: new("bob", RoomRole.None)), access));
        Assert.Equal(RoomAction.Write, RoomRights.ActionsOf("@3:ann3:bob", RoomEventKind.Delete));
        Assert.Equal(RoomAction.None, RoomRights.ActionsOf("@3:ann3:bob", RoomEventKind.Kick));
    }
}
