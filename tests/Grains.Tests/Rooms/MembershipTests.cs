using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The bounds of a group, here of two members and two other users with a row.</summary>
public sealed class MembershipTests
{
    private readonly Membership _membership = new(new() { GroupMembers = 2 }, new(10, 10, _ => Task.CompletedTask), TimeProvider.System);

    [Fact]
    public void Join_WhenTheGroupIsFull_IsRefused()
    {
        _membership.Reset([new("ann", RoomRole.Owner), new("eve", RoomRole.Invited)]);
        Assert.Null(Refuse("eve", RoomEventKind.Join));

        _membership.Apply(new(2, 0, "bob", RoomEventKind.Join, null, null, null, null, null, false, 0));

        Assert.Equal(Refusals.Full, Refuse("eve", RoomEventKind.Join));
        Assert.Null(Refuse("bob", RoomEventKind.Leave));
    }

    [Theory]
    [InlineData(RoomEventKind.Invite, "new", true)]
    [InlineData(RoomEventKind.Ban, "new", true)]
    [InlineData(RoomEventKind.Mute, "new", true)]
    [InlineData(RoomEventKind.Ban, "bob", true)]
    [InlineData(RoomEventKind.Mute, "bob", true)]
    [InlineData(RoomEventKind.Ban, "dan", false)]
    [InlineData(RoomEventKind.Invite, "eve", false)]
    [InlineData(RoomEventKind.Kick, "eve", false)]
    [InlineData(RoomEventKind.Kick, "bob", false)]
    [InlineData(RoomEventKind.Unban, "dan", false)]
    public void Change_WhenTooManyRows_IsRefusedIfItAddsOne(RoomEventKind kind, string user, bool isRefused)
    {
        _membership.Reset([new("ann", RoomRole.Owner), new("bob", RoomRole.Member), new("eve", RoomRole.Invited), new("dan", RoomRole.None, 0, 5)]);

        Assert.Equal(isRefused ? Refusals.TooManyRows : null, Refuse("ann", kind, user));
    }

    [Fact]
    public void Leave_WhenAMutedMemberLeaves_AddsNoRow()
    {
        _membership.Reset([new("ann", RoomRole.Owner), new("bob", RoomRole.Member, MutedUntil: 5), new("eve", RoomRole.Invited)]);
        var before = _membership.Table.Others;

        _membership.Apply(new(9, 0, "bob", RoomEventKind.Leave, null, null, null, null, null, false, 0));

        Assert.Equal((2, 2), (before, _membership.Table.Others));
        Assert.Equal(["ann"], _membership.Table.Users);
    }

    private Refused? Refuse(string user, RoomEventKind kind, string? target = null)
        => _membership.RefuseBound(_membership.Table, WaitingEntry.OfServer(user, kind, 0, target).Entry);
}
