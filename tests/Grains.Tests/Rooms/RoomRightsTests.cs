using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The rules that depend on two users, on the number of owners, or on the time.</summary>
public sealed class RoomRightsTests
{
    private const long Now = 1_000_000;

    private static readonly RoomState Group = new("group", RoomKind.Group, 10, Members: 5, Owners: 2, Now);

    [Theory]
    [InlineData(RoomEventKind.Kick)]
    [InlineData(RoomEventKind.Ban)]
    [InlineData(RoomEventKind.Mute)]
    public void Change_WhenTheTargetIsNotLower_IsForbidden(RoomEventKind kind)
    {
        RoomRole[] byRank = [RoomRole.Invited, RoomRole.Member, RoomRole.Moderator, RoomRole.Owner];
        foreach (var actor in byRank.Skip(2))
        {
            foreach (var target in byRank)
            {
                var isLower = Array.IndexOf(byRank, target) < Array.IndexOf(byRank, actor);

                Assert.Equal(isLower ? null : Refusals.NotLower, Refuse(Group, actor, kind, new("bob", target)));
            }
        }
    }

    [Theory]
    [InlineData(RoomEventKind.Kick)]
    [InlineData(RoomEventKind.Ban)]
    [InlineData(RoomEventKind.Mute)]
    public void Change_WhenTheTargetIsTheActor_IsForbidden(RoomEventKind kind)
        => Assert.Equal(Refusals.NotLower, Refuse(Group, RoomRole.Owner, kind, new("ann", RoomRole.Owner)));

    [Fact]
    public void Change_WhenTheTargetDoesNotFit_SaysWhy()
    {
        Assert.Equal(Refusals.TargetNoMember, Refuse(Group, RoomRole.Owner, RoomEventKind.Kick, new("bob", RoomRole.None)));
        Assert.Equal(Refusals.TargetNoMember, Refuse(Group, RoomRole.Owner, RoomEventKind.Role, new("bob", RoomRole.Invited), RoomRole.Member));
        Assert.Equal(Refusals.AlreadyMember, Refuse(Group, RoomRole.Owner, RoomEventKind.Invite, new("bob", RoomRole.Member)));
        Assert.Equal(Refusals.TargetNotMuted, Refuse(Group, RoomRole.Owner, RoomEventKind.Unmute, new("bob", RoomRole.Member)));
        Assert.Equal(Refusals.TargetNotBanned, Refuse(Group, RoomRole.Owner, RoomEventKind.Unban, new("bob", RoomRole.None)));
    }

    [Theory]
    [InlineData(Now, false)]
    [InlineData(Now + 1, true)]
    public void Ban_WhenItsTimeHasPassed_CountsAsNone(long until, bool isBanned)
    {
        var bob = new Member("bob", RoomRole.None, BannedUntil: until);

        Assert.Equal(isBanned ? Refusals.TargetBanned : null, Refuse(Group, RoomRole.Member, RoomEventKind.Invite, bob));
        Assert.Equal(isBanned ? null : Refusals.TargetNotBanned, Refuse(Group, RoomRole.Owner, RoomEventKind.Unban, bob));
        Assert.Equal(isBanned ? Refusals.Banned : null, RoomRights.RefuseEnter(Group, bob, asMember: false, creates: false, title: null));
    }

    [Theory]
    [InlineData(Now, false)]
    [InlineData(Now + 1, true)]
    public void Mute_WhenItsTimeHasPassed_CountsAsNone(long until, bool isMuted)
    {
        var ann = new Member("ann", RoomRole.Member, MutedUntil: until);

        var refused = RoomRights.RefuseEvent(Group, ann, new(RoomEventKind.Msg));

        Assert.Equal(isMuted ? Refusal.Muted : null, refused?.Reason);
        Assert.Equal(isMuted ? null : Refusals.TargetNotMuted, Refuse(Group, RoomRole.Owner, RoomEventKind.Unmute, ann));
        Assert.Equal(isMuted, RoomRights.RefuseTyping(Group, ann) is not null);
    }

    [Theory]
    [InlineData(1_767_225_600_000, "you are muted in this room until 2026-01-01 00:00:00Z")]
    [InlineData(MemberChange.Forever, "you are muted in this room")]
    public void Mute_WhenItRefuses_SaysUntilWhen(long until, string message)
        => Assert.Equal(message, RoomRights.RefuseEvent(Group, new("ann", RoomRole.Member, until), new(RoomEventKind.Msg))!.Message);

    [Theory]
    [InlineData(RoomEventKind.Kick, Refusal.Muted)]
    [InlineData(RoomEventKind.Title, Refusal.Muted)]
    [InlineData(RoomEventKind.Role, null)]
    public void MutedOwner_WhenActing_MayOnlyGiveRoles(RoomEventKind kind, Refusal? expected)
    {
        var owner = new Member("ann", RoomRole.Owner, MutedUntil: MemberChange.Forever);

        var refused = RoomRights.RefuseEvent(Group, owner, new(kind, new("bob", RoomRole.Member), RoomRole.Owner));

        Assert.Equal(expected, refused?.Reason);
    }

    [Theory]
    [InlineData(RoomRole.Moderator, RoomRole.Member, true)]
    [InlineData(RoomRole.Moderator, RoomRole.None, true)]
    [InlineData(RoomRole.Moderator, RoomRole.Moderator, false)]
    [InlineData(RoomRole.Moderator, RoomRole.Owner, false)]
    [InlineData(RoomRole.Owner, RoomRole.Moderator, true)]
    [InlineData(RoomRole.Owner, RoomRole.Owner, false)]
    [InlineData(RoomRole.Member, RoomRole.None, false)]
    public void Unlink_WhenAnotherUserMadeTheLink_NeedsAHigherRole(RoomRole actor, RoomRole maker, bool isAllowed)
    {
        var refused = RoomRights.RefuseEvent(Group, new("ann", actor), new(RoomEventKind.Unlink, Author: new("bob", maker)));

        Assert.Equal(isAllowed ? null : Refusals.LinkOfOther, refused);
    }

    [Theory]
    [InlineData(RoomRole.Member)]
    [InlineData(RoomRole.Owner)]
    public void Unlink_WhenTheUserMadeTheLink_IsAllowedEvenIfMuted(RoomRole role)
    {
        var ann = new Member("ann", role, MutedUntil: MemberChange.Forever);

        Assert.Null(RoomRights.RefuseEvent(Group, ann, new(RoomEventKind.Unlink, Author: ann)));
        Assert.Equal(Refusals.NoLink, RoomRights.RefuseEvent(Group, ann, new(RoomEventKind.Unlink)));
        Assert.Equal(Refusal.Muted, RoomRights.RefuseEvent(Group, ann, new(RoomEventKind.Link))?.Reason);
    }

    [Fact]
    public void Enter_WhenTheUserHasALink_IsAllowedUnlessBanned()
    {
        var secret = Group with { Room = "~group" };

        Assert.Equal(Refusals.NoRoom, Refuse(new("bob", RoomRole.None), byLink: false));
        Assert.Null(Refuse(new("bob", RoomRole.None), byLink: true));
        Assert.Equal(Refusals.NoRoom, Refuse(new("bob", RoomRole.None, BannedUntil: Now + 1), byLink: true));
        Assert.Equal(Refusals.NoRoom, Refuse(new("bob", RoomRole.None), byLink: true, asMember: true));
        Assert.Equal(Refusals.Banned, RoomRights.RefuseEnter(Group, new("bob", RoomRole.None, 0, Now + 1), asMember: false, creates: false, null, byLink: true));

        Refused? Refuse(Member user, bool byLink, bool asMember = false)
            => RoomRights.RefuseEnter(secret, user, asMember, creates: false, title: null, byLink);
    }

    [Fact]
    public void LastOwner_WhenGivingUpTheRole_IsForbidden()
    {
        var owner = new Member("bob", RoomRole.Owner);
        var last = Group with { Owners = 1 };

        Assert.Equal(Refusals.LastOwner, Refuse(last, RoomRole.Owner, RoomEventKind.Role, owner, RoomRole.Moderator));
        Assert.Null(Refuse(last, RoomRole.Owner, RoomEventKind.Role, owner, RoomRole.Owner));
        Assert.Null(Refuse(Group, RoomRole.Owner, RoomEventKind.Role, owner, RoomRole.Member));
        Assert.Equal(Refusals.LastOwner, RoomRights.RefuseLeave(last, owner));
        Assert.Null(RoomRights.RefuseLeave(Group, owner));
        Assert.Null(RoomRights.RefuseLeave(last with { Members = 1 }, owner));
        Assert.Null(RoomRights.RefuseLeave(last, owner with { Role = RoomRole.Moderator }));
    }

    [Theory]
    [InlineData(RoomKind.Channel)]
    [InlineData(RoomKind.Direct)]
    public void Change_WhenTheRoomIsNoGroup_IsForbidden(RoomKind kind)
    {
        var room = Group with { Kind = kind };

        Assert.Equal(Refusals.OnlyGroups, Refuse(room, RoomRole.Member, RoomEventKind.Kick, new("bob", RoomRole.None)));
        Assert.Equal(Refusals.OnlyGroups, RoomRights.RefuseEvent(room, new("ann", RoomRole.Member), new(RoomEventKind.Title)));
        Assert.Null(RoomRights.RefuseEvent(room, new("ann", RoomRole.Member), new(RoomEventKind.Msg)));
    }

    private static Refused? Refuse(RoomState state, RoomRole actor, RoomEventKind kind, Member target, RoomRole? role = null)
        => RoomRights.RefuseEvent(state, new("ann", actor), new(kind, target, role));
}
