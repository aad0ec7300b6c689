using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// The rules of RoomRights that depend on two users, on the number of owners, on the settings, or on the time.
/// </summary>
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

    /// <summary>
    /// Tests each kind of event with every set of actions that the settings can allow to members or moderators. Owners
    /// may send the event even if the settings allow no action.
    /// </summary>
    [Theory]
    [InlineData(RoomEventKind.Msg, RoomAction.Write)]
    [InlineData(RoomEventKind.Edit, RoomAction.Write)]
    [InlineData(RoomEventKind.React, RoomAction.React)]
    [InlineData(RoomEventKind.Unreact, RoomAction.React)]
    [InlineData(RoomEventKind.Invite, RoomAction.Invite)]
    [InlineData(RoomEventKind.Kick, RoomAction.Moderate)]
    [InlineData(RoomEventKind.Ban, RoomAction.Moderate)]
    [InlineData(RoomEventKind.Unban, RoomAction.Moderate)]
    [InlineData(RoomEventKind.Mute, RoomAction.Moderate)]
    [InlineData(RoomEventKind.Unmute, RoomAction.Moderate)]
    [InlineData(RoomEventKind.Title, RoomAction.Manage)]
    [InlineData(RoomEventKind.Pin, RoomAction.Pin)]
    [InlineData(RoomEventKind.Unpin, RoomAction.Pin)]
    public void Event_WhenTheSettingsDecide_FollowsTheActionOfItsKind(RoomEventKind kind, RoomAction action)
    {
        var target = new Member("bob", RoomRole.Invited, MutedUntil: kind == RoomEventKind.Unmute ? MemberChange.Forever : 0,
            BannedUntil: kind == RoomEventKind.Unban ? MemberChange.Forever : 0);
        for (var set = 0; set < 64; set++)
        {
            var actions = (RoomAction)(set << 2);
            var members = Group with { Settings = new(false, actions, RoomAction.None) };
            var moderators = Group with { Settings = new(false, RoomAction.None, actions) };
            var expected = actions.HasFlag(action) ? null : Refusals.NotAllowed;

            Assert.Equal(expected, Refuse(members, RoomRole.Member, kind, target));
            Assert.Equal(Refusals.NotAllowed, Refuse(members, RoomRole.Moderator, kind, target));
            Assert.Equal(expected, Refuse(moderators, RoomRole.Moderator, kind, target));
            Assert.Equal(Refusals.NotAllowed, Refuse(moderators, RoomRole.Member, kind, target));
            Assert.Null(Refuse(members, RoomRole.Owner, kind, target));
        }
    }

    [Fact]
    public void Settings_WhenNothingIsAllowed_LeaveReadingAndOwnMessages()
    {
        var ann = new Member("ann", RoomRole.Member);
        var closed = Group with { Settings = new(true, RoomAction.None, RoomAction.None) };

        Assert.Null(RoomRights.RefuseRead(closed.Room, closed.Kind, ann.Role));
        Assert.Null(RoomRights.RefuseMark(closed, ann));
        Assert.Null(RoomRights.RefuseLeave(closed, ann));
        Assert.Null(RoomRights.RefuseEvent(closed, ann, new(RoomEventKind.Delete, Author: ann)));
        Assert.Equal(Refusals.NotAllowed, RoomRights.RefuseTyping(closed, ann));
        Assert.Equal(Refusals.NotAllowed, RoomRights.RefuseEvent(closed, ann, new(RoomEventKind.Msg)));
    }

    [Theory]
    [InlineData(RoomRole.Member, false, RoomRole.Member)]
    [InlineData(RoomRole.Member, true, RoomRole.Moderator)]
    [InlineData(RoomRole.Moderator, true, RoomRole.Moderator)]
    [InlineData(RoomRole.Moderator, false, RoomRole.Member)]
    public void Moderation_WhenTheSettingsChange_StillNeedsALowerRank(RoomRole actor, bool mayModerate, RoomRole target)
    {
        var actions = mayModerate ? RoomAction.Moderate : RoomAction.None;
        var group = Group with { Settings = new(false, actions, actions) };
        var bob = new Member("bob", target);

        Assert.Equal(mayModerate ? Refusals.NotLower : Refusals.NotAllowed, Refuse(group, actor, RoomEventKind.Kick, bob));
        Assert.Equal(
            mayModerate ? Refusals.NotLower : Refusals.NotAuthor, RoomRights.RefuseEvent(group, new("ann", actor), new(RoomEventKind.Delete, Author: bob)));
    }

    [Theory]
    [InlineData(RoomRole.Owner, true)]
    [InlineData(RoomRole.Moderator, false)]
    [InlineData(RoomRole.Member, false)]
    public void Settings_WhenTheyAllowEverything_ArePartOfNoAction(RoomRole role, bool isAllowed)
    {
        var group = Group with { Settings = new(false, RoomSettings.All) };

        var roles = Refuse(group, role, RoomEventKind.Role, new("bob", RoomRole.Member), RoomRole.Moderator);
        var settings = RoomRights.RefuseEvent(group, new("ann", role), new(RoomEventKind.Settings, Settings: new(true)));

        Assert.Equal(isAllowed ? null : Refusals.OwnersOnly, roles);
        Assert.Equal(isAllowed ? null : Refusals.OwnersOnlySettings, settings);
    }

    [Theory]
    [InlineData(RoomRole.None, true, false)]
    [InlineData(RoomRole.None, false, true)]
    [InlineData(RoomRole.Invited, true, true)]
    [InlineData(RoomRole.Member, true, true)]
    public void Enter_WhenANamedGroupIsPrivate_NeedsAnInvitation(RoomRole role, bool isPrivate, bool isAllowed)
    {
        var group = Group with { Settings = new(isPrivate) };

        Assert.Equal(isAllowed ? null : Refusals.ByInvitation, RoomRights.RefuseEnter(group, new("bob", role), asMember: false, creates: true, title: null));
        Assert.Equal(
            role == RoomRole.None ? Refusals.NotMember : null,
            RoomRights.RefuseRead(group.Room, group.Kind, role == RoomRole.Invited ? RoomRole.Member : role));
    }

    [Fact]
    public void Settings_WhenTheServerNamedTheGroup_KeepItPrivate()
    {
        var secret = Group with { Room = "~group" };
        var ann = new Member("ann", RoomRole.Owner);

        Assert.Equal(Refusals.AlwaysPrivate, RoomRights.RefuseEvent(secret, ann, new(RoomEventKind.Settings, Settings: new(false))));
        Assert.Null(RoomRights.RefuseEvent(secret, ann, new(RoomEventKind.Settings, Settings: new(true, RoomAction.None))));
        Assert.Null(RoomRights.RefuseEvent(Group, ann, new(RoomEventKind.Settings, Settings: new(false))));
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
    public void Join_WhenTheUserHasALink_IsAllowedUnlessBanned()
    {
        var secret = Group with { Room = "~group" };

        Assert.Equal(Refusals.NoRoom, Refuse(new("bob", RoomRole.None), byLink: false));
        Assert.Null(Refuse(new("bob", RoomRole.None), byLink: true));
        Assert.Equal(Refusals.NoRoom, Refuse(new("bob", RoomRole.None, BannedUntil: Now + 1), byLink: true));
        Assert.Equal(Refusals.Banned, RoomRights.RefuseJoin(Group, new("bob", RoomRole.None, 0, Now + 1), creates: false, byLink: true));

        Refused? Refuse(Member user, bool byLink) => RoomRights.RefuseJoin(secret, user, creates: false, byLink: byLink);
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
        Assert.Equal(Refusals.OnlyGroups, RoomRights.RefuseEvent(room, new("ann", RoomRole.Member), new(RoomEventKind.Settings, Settings: new(true))));
        Assert.Null(RoomRights.RefuseEvent(room, new("ann", RoomRole.Member), new(RoomEventKind.Msg)));
    }

    private static Refused? Refuse(RoomState state, RoomRole actor, RoomEventKind kind, Member target, RoomRole? role = null)
        => RoomRights.RefuseEvent(state, new("ann", actor), new(kind, target, role));
}
