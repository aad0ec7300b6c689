using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Whether an activation owns its room, as far as it knows.</summary>
internal enum RoomOwnershipState
{
    /// <summary>This activation has not claimed the room yet, or the room does not exist.</summary>
    Unclaimed,

    /// <summary>
    /// The last claim is valid, as far as this activation knows. Each append carries the number of that claim.
    /// </summary>
    Owned,

    /// <summary>
    /// The room must be claimed again before the next append: a batch failed, so the outcome of its append is unknown,
    /// or data that each claim reads has changed. The new claim prevents earlier appends from committing, or finds
    /// their events in the log.
    /// </summary>
    Unsure,

    /// <summary>
    /// The activation is being deactivated and still owns the room. It refuses every command, but it still appends the
    /// batch that has left the queue.
    /// </summary>
    Deactivating,

    /// <summary>
    /// A newer activation owns the room, or this activation is being deactivated without owning the room. This
    /// activation refuses every command and begins no claim.
    /// </summary>
    Lost,
}

/// <summary>
/// One activation's ownership of its room: the state, the result of the last claim, and the claim in flight. This class
/// makes no calls: the room makes the claims, and reports their results here. Not thread-safe: all code of this class
/// runs on the room grain's task scheduler.
/// </summary>
/// <remarks>
/// The table shows the next state for each state and event. An empty cell means that the state does not change.
/// <code>
///              | OnClaimed    | OnBatchFailed | OnOutdated | OnDeactivating | OnFenced
/// -------------|--------------|---------------|------------|----------------|---------
/// Unclaimed    | Owned        |               |            | Lost           | Lost
/// Owned        |              | Unsure        | Unsure     | Deactivating   | Lost
/// Unsure       | Owned        |               |            | Lost           | Lost
/// Deactivating |              | Lost          |            |                | Lost
/// Lost         | Deactivating |               |            |                |
/// </code>
/// A claim in flight (<see cref="Claiming"/>) is not a state, because it does not decide whether an append or a command
/// is allowed. For example, a deactivation changes Unsure to Lost at once, and the claim in flight returns later.
/// </remarks>
internal sealed class RoomOwnership
{
    public RoomOwnershipState State { get; private set; }

    /// <summary>
    /// The result of the last claim that succeeded, even if another activation has claimed the room since; null before
    /// the first claim.
    /// </summary>
    public RoomClaim? Claim { get; private set; }

    /// <summary>The number of <see cref="Claim"/>; 0 before the first claim.</summary>
    public long Number => Claim?.Number ?? 0;

    /// <summary>
    /// The number of this activation's first claim; 0 before that claim. It distinguishes the presence updates of this
    /// activation from the updates of other activations.
    /// </summary>
    public long FirstNumber { get; private set; }

    /// <summary>
    /// The claim or the creation that began last. Its result is true if it succeeded, false if the room does not exist.
    /// Before the first claim or creation, the task is completed, with the result false.
    /// </summary>
    public Task<bool> Claiming { get; private set; } = Task.FromResult(false);

    /// <summary>
    /// Whether a claim or a creation is in flight. The room begins no other claim during that time, because a new claim
    /// makes the earlier claim invalid.
    /// </summary>
    public bool IsClaiming => !Claiming.IsCompleted;

    public bool MayAppend => State is RoomOwnershipState.Owned or RoomOwnershipState.Deactivating;

    /// <summary>Whether the next append must wait for a new claim, or for the claim in flight.</summary>
    public bool MustClaim => State is RoomOwnershipState.Unclaimed or RoomOwnershipState.Unsure;

    /// <summary>
    /// Whether every command is refused, because its sender must reach the next activation. Once true, it stays true.
    /// </summary>
    public bool RefusesCommands => State is RoomOwnershipState.Deactivating or RoomOwnershipState.Lost;

    /// <summary>
    /// Whether an append may use <see cref="Number"/>, and no claim is in flight. In that case, a higher number in the
    /// log means that another activation claimed the room.
    /// </summary>
    public bool IsSettled => MayAppend && !IsClaiming;

    /// <summary>
    /// Whether the last claim found no room, or no claim has begun yet. False if a claim has succeeded, is in flight,
    /// or failed last.
    /// </summary>
    public bool IsWithoutRoom => Claim is null && Claiming.IsCompletedSuccessfully;

    /// <summary>
    /// Records a claim or a creation that the room has begun. If it succeeds, the room calls <see cref="OnClaimed"/>
    /// before the task completes. So the callers that await the task find the new state. If the claim fails or finds no
    /// room, the state does not change.
    /// </summary>
    public void OnClaiming(Task<bool> claiming) => Claiming = claiming;

    public void OnClaimed(RoomClaim claim)
    {
        // - Unclaimed: the first claim.
        // - Unsure: the new claim is valid.
        // - Owned: a direct room was created here after another call had claimed it. The newer number counts.
        // - Deactivating: like Owned.
        // - Lost: the deactivation began while the claim was in flight. The batch that waits for the claim is still
        //   appended; new commands stay refused.
        State = RefusesCommands ? RoomOwnershipState.Deactivating : RoomOwnershipState.Owned;
        Claim = claim;
        FirstNumber = FirstNumber == 0 ? claim.Number : FirstNumber;
    }

    /// <summary>Records that a batch failed. The log may have committed the batch.</summary>
    public void OnBatchFailed()
    {
        State = State switch
        {
            // The next batch, or the next command that must own the room, claims the room again.
            RoomOwnershipState.Owned => RoomOwnershipState.Unsure,

            // This activation makes no more claims. The next activation learns from the log whether the batch was
            // stored.
            RoomOwnershipState.Deactivating => RoomOwnershipState.Lost,

            // - Unclaimed, Unsure: the claim failed, not an append.
            // - Lost: the room was lost before the append, or another call noticed a newer activation during the
            //   append.
            RoomOwnershipState.Unclaimed or RoomOwnershipState.Unsure or RoomOwnershipState.Lost => State,
            _ => throw new InvalidOperationException($"Unknown state {State}."),
        };
    }

    /// <summary>
    /// Records that data that each claim reads, such as the blocks, has changed. So the room must be claimed again.
    /// </summary>
    public void OnOutdated()
    {
        State = State switch
        {
            RoomOwnershipState.Owned => RoomOwnershipState.Unsure,

            // - Unclaimed, Unsure: the room must be claimed in any case.
            // - Deactivating, Lost: the next activation reads the data. A batch that has left the queue is still
            //   appended.
            _ => State,
        };
    }

    /// <summary>Records that a newer activation owns the room.</summary>
    public void OnFenced()
    {
        // - Owned, Deactivating: the newer activation has made the claim of this activation invalid.
        // - Lost: no change. Another call noticed the newer activation during the append.
        // - Unclaimed, Unsure: cannot occur. In these states the room claims before it appends, and repeats an append
        //   that the log rejected.
        State = RoomOwnershipState.Lost;
    }

    public void OnDeactivating()
    {
        State = State switch
        {
            // A batch that has left the queue is still appended.
            RoomOwnershipState.Owned or RoomOwnershipState.Deactivating => RoomOwnershipState.Deactivating,

            // - Unclaimed, Unsure: a claim in flight may still succeed (OnClaimed). No new claim begins.
            // - Lost: the activation deactivates because a newer activation owns the room.
            RoomOwnershipState.Unclaimed or RoomOwnershipState.Unsure or RoomOwnershipState.Lost => RoomOwnershipState.Lost,
            _ => throw new InvalidOperationException($"Unknown state {State}."),
        };
    }
}
