using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Applies slow mode (<see cref="RoomSettings.Slow"/>): when a message arrives, and again right before its append.
/// </summary>
internal sealed partial class RoomGrain
{
    private readonly SlowMode _slowMode;

    /// <summary>The number of seconds of slow mode; 0 if it is off.</summary>
    private int Slow => _settings?.Slow ?? 0;

    private bool IsSlowed(WaitingEntry waiting, MemberTable table) => Slow > 0 && waiting.Entry is { Kind: RoomEventKind.Msg, ClientId: not null }
        && RoomRights.IsSlowed(StateOf(table), table.Find(waiting.Entry.User), waiting.Access);

    /// <summary>
    /// Returns null if the message may be queued. Otherwise returns its answer: the refusal of slow mode, or the first
    /// answer to a repeated message. Throws <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async ValueTask<RoomReply?> RefuseSlowAsync(WaitingEntry waiting)
    {
        // While a change of the settings or of rights waits in the queue, slow mode is decided right before the append.
        if (!IsSlowed(waiting, _membership.Table) || RightsMayChange)
        {
            return null;
        }

        // A repeated message must not be queued, because it would count as the user's last message.
        if (await FirstAnswerAsync(waiting.Entry) is { } first)
        {
            return first;
        }

        await LearnAsync();
        return !IsSlowed(waiting, _membership.Table) || RightsMayChange ? null
            : _queue.HasOtherMessage(waiting.Entry) ? Refusals.SlowMode(Slow, Slow * 1000L)
            : RefuseSlow(waiting.Entry.User);
    }

    /// <summary>
    /// Reads the times of the users' last messages from the log, unless this activation has them already. Throws
    /// <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async ValueTask LearnAsync()
    {
        while (Slow > 0 && !_slowMode.IsKnown)
        {
            await _slowMode.ReadAsync(_head, Slow, Now, _stopping.Token);
        }
    }

    private Refused? RefuseSlow(string user) => _slowMode.WaitOf(user, Slow, Now) is > 0 and var wait ? Refusals.SlowMode(Slow, wait) : null;

    /// <summary>
    /// Decides right before the append of a batch whether slow mode allows a message. Returns null if it does,
    /// otherwise the refusal. Adds the user of a limited message to <paramref name="senders"/>.
    /// </summary>
    /// <param name="senders">
    /// The users of the limited messages before this message in the batch; null if slow mode limits no message of the
    /// batch.
    /// </param>
    private Refused? RefuseSlow(WaitingEntry waiting, MemberTable table, HashSet<string>? senders)
        => senders is null || !IsSlowed(waiting, table) ? null
            : !senders.Add(waiting.Entry.User) ? Refusals.SlowMode(Slow, Slow * 1000L)
            : RefuseSlow(waiting.Entry.User);
}
