using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// The limits on the size of a group. In these tests, a group can have at most two members, two invited users, and two
/// users with a ban or mute.
/// </summary>
public sealed class MembershipTests
{
    private const long Later = MemberChange.Forever;

    private readonly Membership _membership = new(new() { GroupMembers = 2 }, new(10, 10, _ => Task.CompletedTask), TimeProvider.System);

    [Fact]
    public void Join_WhenTheGroupIsFull_IsRefused()
    {
        _membership.Reset([new("ann", RoomRole.Owner), new("eve", RoomRole.Invited)], []);
        Assert.Null(Refuse("eve", RoomEventKind.Join));

        _membership.Apply(new(2, 0, "bob", RoomEventKind.Join, null, null, null, null, null, false, 0));

        Assert.Equal(Refusals.Full, Refuse("eve", RoomEventKind.Join));
        Assert.Null(Refuse("bob", RoomEventKind.Leave));
    }

    [Theory]
    [InlineData("new", true)]
    [InlineData("dan", true)]
    [InlineData("eve", false)]
    public void Invite_WhenTooManyAreInvited_IsRefusedIfItAddsOne(string user, bool isRefused)
    {
        _membership.Reset([new("ann", RoomRole.Owner), new("eve", RoomRole.Invited), new("fay", RoomRole.Invited), new("dan", RoomRole.None, 0, Later)], []);

        Assert.Equal(isRefused ? Refusals.TooManyInvited : null, Refuse("ann", RoomEventKind.Invite, user));
        Assert.Null(Refuse("ann", RoomEventKind.Ban, "new"));
        Assert.Null(Refuse("ann", RoomEventKind.Kick, "eve"));
    }

    [Theory]
    [InlineData(RoomEventKind.Ban, "new", true)]
    [InlineData(RoomEventKind.Mute, "bob", true)]
    [InlineData(RoomEventKind.Ban, "cyd", false)]
    [InlineData(RoomEventKind.Mute, "dan", false)]
    [InlineData(RoomEventKind.Kick, "bob", false)]
    [InlineData(RoomEventKind.Unban, "dan", false)]
    [InlineData(RoomEventKind.Invite, "new", false)]
    public void Change_WhenTooManyAreRestricted_IsRefusedIfItAddsOne(RoomEventKind kind, string user, bool isRefused)
    {
        _membership.Reset([new("ann", RoomRole.Owner), new("bob", RoomRole.Member), new("cyd", RoomRole.Member, Later), new("dan", RoomRole.None, 0, Later)], []);

        Assert.Equal(isRefused ? Refusals.TooManyRestricted : null, Refuse("ann", kind, user));
    }

    [Fact]
    public void Ban_WhenEarlierOnesHaveEnded_IsAccepted()
    {
        _membership.Reset([new("ann", RoomRole.Owner), new("bob", RoomRole.Member, MutedUntil: 5), new("cyd", RoomRole.Member, MutedUntil: 5)], []);

        Assert.Null(Refuse("ann", RoomEventKind.Ban, "new"));
    }

    [Fact]
    public void Link_WhenTooManyHaveNotEnded_IsRefused()
    {
        var links = Enumerable.Range(1, LinkRules.MaxLinks).Select(seq => new RoomLink(seq, "ann", LinkTerms.HashOf($"{seq}"), 1, null, 0)).ToArray();
        _membership.Reset([new("ann", RoomRole.Owner)], links);

        Assert.Equal(Refusals.TooManyLinks, RefuseLink("new"));
        Assert.Equal(Refusals.CodeTaken, RefuseLink("7"));

        _membership.Reset([new("ann", RoomRole.Owner)], [.. links[1..], links[0] with { Used = 1 }]);
        Assert.Null(RefuseLink("new"));
        Assert.Null(RefuseLink("1"));

        _membership.Reset([new("ann", RoomRole.Owner)], [.. links[1..], links[0] with { Until = 5 }]);
        Assert.Null(RefuseLink("new"));
    }

    [Fact]
    public void Reset_WhenABanHasEnded_ForgetsItsRow()
    {
        _membership.Reset([new("ann", RoomRole.Owner), new("dan", RoomRole.None, 0, 5), new("eve", RoomRole.None, 0, Later)], []);

        Assert.Equal(1, _membership.Table.Restricted);
        Assert.Equal(["ann"], _membership.Table.Users);
    }

    private Refused? RefuseLink(string code) => _membership.RefuseBound(
        _membership.Table, _membership.Links, WaitingEntry.OfServer("ann", RoomEventKind.Link, 0, null, new LinkTerms(LinkTerms.HashOf(code)).ToMeta()).Entry);

    private Refused? Refuse(string user, RoomEventKind kind, string? target = null)
        => _membership.RefuseBound(_membership.Table, _membership.Links, WaitingEntry.OfServer(user, kind, 0, target).Entry);
}
