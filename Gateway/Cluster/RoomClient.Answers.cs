using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>The answers to commands. The room gives most of them; the gateway gives some without a call.</summary>
internal sealed partial class RoomClient
{
    /// <summary>
    /// Answers the commands of users who may not enter a private room, and removes these commands from the batch. The
    /// room is not called for them. So a room that a user may not see causes the same calls as a room that does not
    /// exist. A user who is attached on this gateway needs no check. The check runs in the loop, so the commands of one
    /// session keep their order.
    /// </summary>
    private async ValueTask AnswerOutsidersAsync(List<WaitingCommand> batch)
    {
        string[] unattached;
        lock (_gate)
        {
            if (batch.TrueForAll(waiting => _attachments.Has(waiting.Command.User)))
            {
                return;
            }

            unattached = [.. batch.Select(waiting => waiting.Command.User).Distinct().Where(user => !_attachments.Has(user))];
        }

        var may = await Task.WhenAll(unattached.Select(user => MayCallAsync(user, batch)));
        HashSet<string> outsiders = [.. unattached.Where((_, i) => !may[i])];
        WaitingCommand[] answered = [.. batch.Where(waiting => outsiders.Contains(waiting.Command.User))];
        batch.RemoveAll(waiting => outsiders.Contains(waiting.Command.User));
        foreach (var waiting in answered)
        {
            waiting.Answered(waiting.Command is Exit { Declines: false } ? new Done() : UncreatedRoom.NotFound);
        }
    }

    /// <summary>Whether the room gets the commands of a user who is not attached on this gateway.</summary>
    private Task<bool> MayCallAsync(string user, List<WaitingCommand> batch)
    {
        var commands = batch.Where(waiting => waiting.Command.User == user).Select(waiting => waiting.Command).ToArray();
        return Array.Exists(commands, static command => command is Enter { Create: not null }) ? Task.FromResult(true)

            // The user is not attached, so the room does not need the exit.
            : Array.TrueForAll(commands, static command => command is Exit { EndMembership: false }) ? Task.FromResult(false)
            : mayEnter(
                room, user, [.. commands.OfType<Enter>().Select(enter => enter.Link).OfType<string>().Distinct()],
                commands.Aggregate(RoomAction.None, static (claimed, command) => claimed | command.Claimed));
    }

    /// <summary>
    /// True if the room does not exist. Called only for commands that the gateway can answer itself if the room does
    /// not exist.
    /// </summary>
    private async ValueTask<bool> IsAbsentAsync(RoomCommand[] commands)
    {
        bool known;
        lock (_gate)
        {
            // At the last read of the log, the room did not exist. So it knows no attached users, and does not need the
            // exits.
            known = _attachments.IsAbsent && Array.TrueForAll(commands, static command => command is Exit);
        }

        var absent = known || !await mayExist(room);
        lock (_gate)
        {
            _attachments.OnProbed(absent);
        }

        return absent;
    }

    /// <summary>
    /// Applies the replies to the attachments. Returns the answered commands. The commands to repeat stay in the batch.
    /// </summary>
    private List<(WaitingCommand, RoomReply)> MatchReplies(List<WaitingCommand> batch, RoomReplies replies)
    {
        var answered = new List<(WaitingCommand, RoomReply)>(batch.Count);
        lock (_gate)
        {
            _attachments.OnReplies(replies.Claim);
            var repeated = 0;
            for (var i = 0; i < batch.Count; i++)
            {
                if (_attachments.IsRepeated(batch[i].Command, replies.Replies[i]))
                {
                    batch[repeated++] = batch[i];
                    continue;
                }

                _attachments.OnReply(batch[i].Command, replies.Replies[i]);
                answered.Add((batch[i], replies.Replies[i]));
            }

            batch.RemoveRange(repeated, batch.Count - repeated);
        }

        return answered;
    }

    /// <summary>
    /// Removes from the batch the commands that were queued at least CommandTimeout ago, and answers them with a
    /// timeout. The other commands in the batch are sent again, in the same order.
    /// </summary>
    private void GiveUpOld(List<WaitingCommand> batch)
    {
        foreach (var waiting in _commands.TakeExpired(batch))
        {
            lock (_gate)
            {
                _attachments.OnTimeout(waiting.Command, TookTooLong);
            }

            waiting.Answered(TookTooLong);
        }
    }
}
