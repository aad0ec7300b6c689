using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The users who are attached to one room on this gateway, and whether the room knows them. Guarded by the lock of the
/// room client.
/// </summary>
/// <remarks>
/// The table shows the next state for each event. An empty cell means that the state does not change.
/// <code>
///           | OnReplies, new claim | OnProbed(absent) | a reason to sync | BeginSync | OnSynced | OnSyncFailed
/// ----------|----------------------|------------------|------------------|-----------|----------|-------------
/// Unknown   | InSync or OutOfSync  | Absent           | OutOfSync        |           |          |
/// Absent    | InSync or OutOfSync  |                  | OutOfSync        |           |          |
/// InSync    | InSync or OutOfSync  |                  | OutOfSync        |           |          |
/// OutOfSync | OutOfSync            |                  |                  | Syncing   |          |
/// Syncing   |                      |                  | OutOfSync        |           | InSync   | OutOfSync
/// </code>
/// In the column OnReplies, the next state is InSync if no user was attached before the call, otherwise OutOfSync. The
/// reasons to sync are: a poll read a newer claim number, a notification reported events of a room that was not known
/// to exist, the room's activation left its silo, the gateway missed a presence update, or an <c>Enter</c> or
/// <c>Exit</c> timed out. If no user is attached, only the timeout is a reason. In the state Absent, a missed update or
/// an activation that left its silo is not a reason.
/// </remarks>
internal sealed class RoomAttachments
{
    /// <summary>Sent instead of a claim number if the room does not know yet which users are attached here.</summary>
    private const long NotAttached = -1;

    /// <summary>Each attached user, with the actions that the user's token granted when the user entered.</summary>
    private readonly Dictionary<string, RoomAction> _users = [];
    private SyncState _state = SyncState.Unknown;

    /// <summary>The claim number of the activation that answered last; 0 if no activation has answered.</summary>
    private long _claim;

    private enum SyncState
    {
        /// <summary>The room has not answered yet.</summary>
        Unknown,

        /// <summary>
        /// At the last read of the message log, the room did not exist. A direct room does not exist before its first
        /// message, but users can already be attached to it on this gateway.
        /// </summary>
        Absent,

        /// <summary>The room knows which users are attached here.</summary>
        InSync,

        /// <summary>The gateway must send the room the users who are attached here.</summary>
        OutOfSync,

        /// <summary>The gateway is sending the users to the room.</summary>
        Syncing,
    }

    public bool Any => _users.Count > 0;

    /// <summary>True if the room has answered that the user is attached.</summary>
    public bool Has(string user) => _users.ContainsKey(user);

    /// <summary>
    /// The actions that the token of each of these users grants, in the order of the users; null if no token grants
    /// any.
    /// </summary>
    public RoomAction[]? ClaimedBy(string[] users)
    {
        var claimed = Array.ConvertAll(users, user => _users.GetValueOrDefault(user));
        return Array.TrueForAll(claimed, static actions => actions == RoomAction.None) ? null : claimed;
    }

    /// <summary>True if the room is known to exist, because it has answered with a claim number.</summary>
    public bool IsKnown => _claim > 0;

    /// <summary>True if the room did not exist at the last read of the message log.</summary>
    public bool IsAbsent => _state == SyncState.Absent;

    /// <summary>True if the gateway must send the users to the room.</summary>
    public bool MustSync => _state == SyncState.OutOfSync;

    /// <summary>
    /// The claim number for the next call. It names the activation that knows the users who are attached here. The
    /// number is 0 if no user is attached here, and <see cref="NotAttached"/> if the room does not know the users yet.
    /// </summary>
    public long ClaimForCall => !Any ? 0 : MustSync ? NotAttached : _claim;

    /// <summary>
    /// Called when a poll has read the room's claim number. A number that is newer than the known one means that
    /// another activation owns the room. Returns true if the room must be called.
    /// </summary>
    public bool OnClaimPolled(long claim) => claim > _claim && TryRequestSync();

    /// <summary>
    /// Called when a notification has reported that the room has events. So the room exists. Returns true if the room
    /// must be called.
    /// </summary>
    public bool OnCreated() => !IsKnown && TryRequestSync();

    /// <summary>
    /// Called when the room's activation has left its silo, or when this gateway has missed one of the room's presence
    /// updates. Returns true if the room must be called.
    /// </summary>
    public bool OnUpdateMissed() => !IsAbsent && TryRequestSync();

    /// <summary>Returns the users to send to the room; null if no synchronization is needed.</summary>
    public string[]? BeginSync()
    {
        if (!MustSync)
        {
            return null;
        }

        // Sync even if no user is attached now, because the room may still count users of this gateway as attached.
        _state = SyncState.Syncing;
        return [.. _users.Keys];
    }

    /// <summary>Called when the room has received the users.</summary>
    public void OnSynced(long claim)
    {
        // Syncing - the room knows the users now.
        // OutOfSync - another synchronization was requested during the call.
        // Unknown, Absent, InSync - cannot occur: during the call, the only possible change is from Syncing to
        // OutOfSync.
        _claim = claim;
        if (_state == SyncState.Syncing)
        {
            _state = SyncState.InSync;
        }
    }

    /// <summary>Called when sending the users to the room has failed. The room client must send them again.</summary>
    public void OnSyncFailed() => _state = SyncState.OutOfSync;

    /// <summary>Records whether the message log has the room.</summary>
    public void OnProbed(bool absent)
    {
        // Unknown, Absent - store the result.
        // OutOfSync - a synchronization was requested after the log was read: keep the request.
        // InSync - the room has answered a synchronization: keep the state.
        // Syncing - cannot occur: the loop of the room client never probes and synchronizes at the same time.
        if (_state is SyncState.Unknown or SyncState.Absent)
        {
            _state = absent ? SyncState.Absent : SyncState.Unknown;
        }
    }

    /// <summary>
    /// Called when the room has answered the commands of a call, before <see cref="OnReply"/> is called for each
    /// answer.
    /// </summary>
    public void OnReplies(long claim)
    {
        // Claim 0 - the room does not exist, or its activation has not claimed it.
        // The known claim - the activation knows which users are attached here, or a later synchronization will send
        // them.
        // Another claim - another activation answered. It knows only the users who entered in this call.
        if (claim == 0 || claim == _claim)
        {
            return;
        }

        _claim = claim;
        _state = Any || MustSync ? SyncState.OutOfSync : SyncState.InSync;
    }

    /// <summary>
    /// True if the user is attached, but the room refused the command because it does not know the user yet. The
    /// command must then be sent again after the next synchronization.
    /// </summary>
    public bool IsRepeated(RoomCommand command, RoomReply reply) =>
        MustSync && reply is Refused { Reason: Refusal.NotMember } && _users.ContainsKey(command.User);

    public void OnReply(RoomCommand command, RoomReply reply)
    {
        switch (command, reply)
        {
            case (Enter, Entered):
                _users[command.User] = command.Claimed;
                break;
            case (Exit { Stays: false }, _):
                _users.Remove(command.User);
                break;
        }
    }

    /// <summary>
    /// Called when the room client has given up a command. If the command is an <see cref="Enter"/> or an
    /// <see cref="Exit"/>, the room may or may not have executed it. So the room client synchronizes the attachments as
    /// soon as the room can be reached.
    /// </summary>
    public void OnTimeout(RoomCommand command, RoomReply reply)
    {
        if (command is Enter or Exit)
        {
            OnReply(command, reply);
            _state = SyncState.OutOfSync;
        }
    }

    private bool TryRequestSync()
    {
        if (!Any)
        {
            return false;
        }

        _state = SyncState.OutOfSync;
        return true;
    }
}
