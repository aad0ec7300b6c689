using OrleansChat.Gateway.Cluster;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>Which users of this gateway are attached to a room, and whether the room knows them.</summary>
public sealed class RoomAttachmentsTests
{
    private static readonly Enter Ann = new("ann", RoomKind.Channel, null);
    private static readonly Entered Admitted = new(RoomKind.Channel, "e1", 0, 0, 0, 0, 1);
    private readonly RoomAttachments _attachments = new();

    [Fact]
    public void Claim_WhenTheFirstUserEnters_IsKnownToTheRoom()
    {
        Enter(claim: 3);

        Assert.Equal((true, false, 3), (_attachments.IsKnown, _attachments.MustSync, _attachments.ClaimForCall));
    }

    [Fact]
    public void Claim_WhenItChangesForAttachedUsers_RequiresASync()
    {
        Enter(claim: 3);

        _attachments.OnReplies(4);

        Assert.Equal((true, -1), (_attachments.MustSync, _attachments.ClaimForCall));
        Assert.True(_attachments.IsRepeated(new Post("ann", "1", RoomEventKind.Msg, "hi", null, null, null), new Refused(Refusal.NotMember, "join the room first")));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Poll_WhenItReadsAClaim_RequiresASyncIfTheClaimIsNewer(long claim, bool mustSync)
    {
        Enter(claim: 3);

        Assert.Equal(mustSync, _attachments.OnClaimPolled(claim));
        Assert.Equal(mustSync, _attachments.MustSync);
    }

    [Fact]
    public void Poll_WhenNoUserIsAttached_RequiresNothing()
    {
        Assert.False(_attachments.OnClaimPolled(4));
        Assert.Null(_attachments.BeginSync());
    }

    [Fact]
    public void Sync_WhenAnUpdateIsMissedMeanwhile_IsRequiredAgain()
    {
        Enter(claim: 3);
        _attachments.OnUpdateMissed();

        Assert.Equal(["ann"], _attachments.BeginSync()!);
        _attachments.OnUpdateMissed();
        _attachments.OnSynced(3);

        Assert.True(_attachments.MustSync);
        Assert.Equal(["ann"], _attachments.BeginSync()!);
        _attachments.OnSynced(3);
        Assert.False(_attachments.MustSync);
    }

    [Fact]
    public void Sync_WhenItsCallFails_IsRequiredAgain()
    {
        Enter(claim: 3);
        _attachments.OnUpdateMissed();
        _attachments.BeginSync();

        _attachments.OnSyncFailed();

        Assert.Equal((true, -1), (_attachments.MustSync, _attachments.ClaimForCall));
    }

    [Fact]
    public void Probe_WhenAMessageWasStoredMeanwhile_DoesNotHideTheRoom()
    {
        // A direct room before its first message: the user is attached on this gateway, but no room grain knows this.
        _attachments.OnProbed(absent: true);
        _attachments.OnReply(Ann, Admitted);
        Assert.True(_attachments.IsAbsent);

        Assert.True(_attachments.OnCreated());
        _attachments.OnProbed(absent: true);

        Assert.Equal((false, true), (_attachments.IsAbsent, _attachments.MustSync));
    }

    [Fact]
    public void Timeout_WhenAnExitWasGivenUp_SyncsWithoutTheUser()
    {
        Enter(claim: 3);

        _attachments.OnTimeout(new Exit("ann", EndMembership: false, Stays: false), new Refused(Refusal.Timeout, "too late"));

        Assert.Equal([], _attachments.BeginSync()!);
    }

    private void Enter(long claim)
    {
        _attachments.OnReplies(claim);
        _attachments.OnReply(Ann, Admitted);
    }
}
