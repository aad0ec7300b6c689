using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using static OrleansChat.Grains.Rooms.RoomOwnershipState;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The states of RoomOwnership: the transitions between them, and what each state allows.</summary>
public sealed class RoomOwnershipTests
{
    [Fact]
    public void RoomOwnership_WhenNew_MustClaimAndHasNoRoom()
    {
        var ownership = new RoomOwnership();

        Assert.Equal(Unclaimed, ownership.State);
        Assert.True(ownership.MustClaim);
        Assert.True(ownership.IsWithoutRoom);
        Assert.Null(ownership.Claim);
        Assert.Equal((0, 0), (ownership.Number, ownership.FirstNumber));
    }

    [Theory]
    [InlineData(nameof(Unclaimed), nameof(Owned))]
    [InlineData(nameof(Owned), nameof(Owned))]
    [InlineData(nameof(Unsure), nameof(Owned))]
    [InlineData(nameof(Deactivating), nameof(Deactivating))]
    [InlineData(nameof(Lost), nameof(Deactivating))]
    public void Claim_WhenItSucceeds_OwnsTheRoom(string before, string after)
        => AssertTransition(before, ownership => ownership.OnClaimed(Claim(9)), after);

    [Theory]
    [InlineData(nameof(Unclaimed), nameof(Unclaimed))]
    [InlineData(nameof(Owned), nameof(Unsure))]
    [InlineData(nameof(Unsure), nameof(Unsure))]
    [InlineData(nameof(Deactivating), nameof(Lost))]
    [InlineData(nameof(Lost), nameof(Lost))]
    public void Batch_WhenItFails_AllowsNoAppendBeforeAClaim(string before, string after)
        => AssertTransition(before, ownership => ownership.OnBatchFailed(), after);

    [Theory]
    [InlineData(nameof(Unclaimed), nameof(Unclaimed))]
    [InlineData(nameof(Owned), nameof(Unsure))]
    [InlineData(nameof(Unsure), nameof(Unsure))]
    [InlineData(nameof(Deactivating), nameof(Deactivating))]
    [InlineData(nameof(Lost), nameof(Lost))]
    public void Data_WhenItIsOutdated_AllowsNoAppendBeforeAClaim(string before, string after)
        => AssertTransition(before, ownership => ownership.OnOutdated(), after);

    [Theory]
    [InlineData(nameof(Unclaimed))]
    [InlineData(nameof(Owned))]
    [InlineData(nameof(Unsure))]
    [InlineData(nameof(Deactivating))]
    [InlineData(nameof(Lost))]
    public void Room_WhenANewerActivationOwnsIt_IsLost(string before)
        => AssertTransition(before, ownership => ownership.OnFenced(), nameof(Lost));

    [Theory]
    [InlineData(nameof(Unclaimed), nameof(Lost))]
    [InlineData(nameof(Owned), nameof(Deactivating))]
    [InlineData(nameof(Unsure), nameof(Lost))]
    [InlineData(nameof(Deactivating), nameof(Deactivating))]
    [InlineData(nameof(Lost), nameof(Lost))]
    public void Deactivation_WhenItBegins_KeepsOnlyAnOwnedRoom(string before, string after)
        => AssertTransition(before, ownership => ownership.OnDeactivating(), after);

    [Theory]
    [InlineData(nameof(Unclaimed), true, false, false)]
    [InlineData(nameof(Owned), false, true, false)]
    [InlineData(nameof(Unsure), true, false, false)]
    [InlineData(nameof(Deactivating), false, true, true)]
    [InlineData(nameof(Lost), false, false, true)]
    public void State_WhenAsked_SaysWhatTheRoomMayDo(string state, bool mustClaim, bool mayAppend, bool refusesCommands)
    {
        var ownership = InState(state);

        Assert.Equal(mustClaim, ownership.MustClaim);
        Assert.Equal(mayAppend, ownership.MayAppend);
        Assert.Equal(refusesCommands, ownership.RefusesCommands);
    }

    [Fact]
    public void Number_WhenTheRoomIsClaimedAgain_IsTheNewestClaims()
    {
        var ownership = InState(nameof(Unsure));

        ownership.OnClaimed(Claim(9));

        Assert.Equal((9, 3), (ownership.Number, ownership.FirstNumber));
    }

    [Fact]
    public void Number_WhenTheRoomIsLost_IsStillTheLastClaims()
    {
        var ownership = InState(nameof(Owned));

        ownership.OnFenced();

        Assert.Equal((3, 3), (ownership.Number, ownership.FirstNumber));
    }

    [Fact]
    public void Claiming_WhenInFlight_ChangesNoState()
    {
        var ownership = InState(nameof(Unsure));
        var claiming = new TaskCompletionSource<bool>();

        ownership.OnClaiming(claiming.Task);

        Assert.True(ownership.IsClaiming);
        Assert.Equal(Unsure, ownership.State);

        claiming.SetException(new MessageLogUnavailableException("Away."));
        Assert.False(ownership.IsClaiming);
        Assert.Equal(Unsure, ownership.State);
    }

    [Fact]
    public void LateClaim_WhenDeactivationHasBegun_AppendsTheSealedBatch()
    {
        var ownership = new RoomOwnership();
        var claiming = new TaskCompletionSource<bool>();
        ownership.OnClaiming(claiming.Task);
        ownership.OnDeactivating();
        Assert.False(ownership.MayAppend);

        ownership.OnClaimed(Claim(3));
        claiming.SetResult(true);

        Assert.True(ownership.MayAppend);
        Assert.True(ownership.RefusesCommands);
        ownership.OnBatchFailed();
        Assert.False(ownership.MayAppend);
        Assert.False(ownership.MustClaim);
    }

    [Fact]
    public void Ownership_WhenAClaimIsInFlight_IsNotSettled()
    {
        var ownership = InState(nameof(Owned));
        Assert.True(ownership.IsSettled);
        var claiming = new TaskCompletionSource<bool>();

        ownership.OnClaiming(claiming.Task);

        Assert.False(ownership.IsSettled);
        claiming.SetResult(true);
        Assert.True(ownership.IsSettled);
        ownership.OnBatchFailed();
        Assert.False(ownership.IsSettled);
    }

    [Fact]
    public void Room_WhenTheClaimIsUnanswered_MayExist()
    {
        var ownership = new RoomOwnership();
        var claiming = new TaskCompletionSource<bool>();

        ownership.OnClaiming(claiming.Task);
        Assert.False(ownership.IsWithoutRoom);
        claiming.SetException(new MessageLogUnavailableException("Away."));
        Assert.False(ownership.IsWithoutRoom);

        ownership.OnClaiming(Task.FromResult(false));
        Assert.True(ownership.IsWithoutRoom);
        ownership.OnClaimed(Claim(3));
        ownership.OnClaiming(Task.FromResult(true));
        Assert.False(ownership.IsWithoutRoom);
    }

    private static void AssertTransition(string before, Action<RoomOwnership> record, string after)
    {
        var ownership = InState(before);

        record(ownership);

        Assert.Equal(after, ownership.State.ToString());
    }

    /// <summary>Creates an ownership in this state. If the state has a claim number, it is 3.</summary>
    private static RoomOwnership InState(string state)
    {
        var ownership = new RoomOwnership();
        if (state is nameof(Owned) or nameof(Unsure) or nameof(Deactivating))
        {
            ownership.OnClaimed(Claim(3));
        }

        Action? enter = state switch
        {
            nameof(Unsure) => ownership.OnBatchFailed,
            nameof(Deactivating) => ownership.OnDeactivating,
            nameof(Lost) => ownership.OnFenced,
            _ => null,
        };
        enter?.Invoke();
        Assert.Equal(state, ownership.State.ToString());
        return ownership;
    }

    private static RoomClaim Claim(long number) => new(number, RoomKind.Channel, "epoch", 0, 0, 0);
}
