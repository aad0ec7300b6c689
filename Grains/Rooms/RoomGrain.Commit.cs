using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Appends batches, and publishes committed events.</summary>
internal sealed partial class RoomGrain
{
    /// <summary>The newest sequence that was committed and queued for publishing.</summary>
    private long _head;

    /// <summary>Number of messages up to the head.</summary>
    private long _messages;

    /// <summary>The title of a group; null for none.</summary>
    private string? _title;

    /// <summary>The settings of a group; null for the defaults.</summary>
    private RoomSettings? _settings;

    /// <summary>The time of the event at the head, in milliseconds since 1970 UTC.</summary>
    private long _ts;

    /// <summary>
    /// Appends a batch from the <see cref="AppendQueue"/> (step 2), and answers each entry. Never throws.
    /// </summary>
    private async Task CommitAsync(RoomBatch batch)
    {
        try
        {
            // Step 3 in the remarks of RoomGrain: own. The loop ends when this activation owns the room. A direct room
            // that does not exist is created with the messages of the batch.
            var together = true;
            while (!await OwnAsync())
            {
                if (!IsDirect)
                {
                    Fail(batch, Refusals.NoRoom);
                    return;
                }

                if (batch.Entries.Count == 0)
                {
                    // Each message of the batch was refused, so the room still does not exist. A message that waits in
                    // the queue may create it.
                    batch.TargetGone.ForEach(one => one.Answer(Refusals.NoMessage));
                    return;
                }

                // The people of the room may have blocked each other while the batch waited.
                await KeepUnblockedAsync(batch);
                if (batch.Entries.Count == 0)
                {
                    continue;
                }

                // If another call has begun a claim or a creation in the meantime, OwnAsync waits for its end.
                if (!_ownership.IsClaiming)
                {
                    together = await TryCreateWithAsync(batch.Entries, together ? batch.Entries.Count : 1) && together;
                }
            }

            foreach (var waiting in batch.TargetGone)
            {
                waiting.Answer(await FirstAnswerAsync(waiting.Entry) ?? Refusals.Gone);
            }

            // In each RoomOwnershipState:
            // - Owned, Deactivating: append.
            // - Unsure: the blocks have changed during the lookups. The room is claimed again before the append.
            // - Lost: another call noticed a newer activation during the lookups. The log rejects the append.
            // - Unclaimed: cannot occur, because the room was owned above.
            if (batch.Entries.Count > 0)
            {
                await AppendAsync(batch.Entries);
            }
        }
        catch (MessageLogUnavailableException exception)
        {
            LogMessageLogUnavailable(exception, batch.Entries.Count);
            LoseOwnership(batch);
        }
        catch (MessageLogEntryException exception)
        {
            // AppendAsync handles refused entries itself. Here the store refused the claim or a lookup, because it
            // cannot store the room's name. So it can store no entry of this batch.
            LogEntryRefused(exception);
            _ownership.OnBatchFailed();
            Fail(batch, Refusals.NotStorable);
        }
        catch (Exception exception)
        {
            // The append may have committed, so the failure is handled like an unavailable log.
            LogAppendFailed(exception, batch.Entries.Count);
            LoseOwnership(batch);
        }
    }

    private async Task AppendAsync(List<WaitingEntry> waiting)
    {
        // Step 4: append. One append per room is in flight, because the queue makes no other batch until this call
        // ends.
        while (true)
        {
            // In each RoomOwnershipState:
            // - Unsure: the blocks of a direct room have changed. Claim, or wait for the claim in flight.
            // - Owned, Deactivating, Lost: append. The log rejects the append if the room is lost.
            // - Unclaimed: cannot occur, because the room was owned before.
            if (_ownership.MustClaim && !await OwnAsync())
            {
                throw new MessageLogUnavailableException("The room does not exist any more.");
            }

            // The entries are decided and appended under the same claim. So if the blocks change in between, the append
            // commits nothing.
            var claim = _ownership.Number;
            if (_ownership.Claim!.Kind == RoomKind.Group || _blockers.Count > 0 || waiting.Exists(static one => PinRules.Concerns(one.Entry.Kind)))
            {
                waiting = await KeepAllowedAsync(waiting);
                if (waiting.Count == 0)
                {
                    return;
                }
            }

            var entries = Stamp(waiting);
            AppendResult result;
            try
            {
                result = await _log.AppendAsync(new RoomAppend(_room, claim, entries), _stopping.Token);
            }
            catch (MessageLogEntryException exception)
            {
                await AppendApartAsync(waiting, exception);
                return;
            }

            if (!result.Fenced)
            {
                Appended(waiting, entries, result.Entries);
                return;
            }

            // If this activation has claimed the room since, or must claim it, its own claim may be why the log
            // rejected the append: repeat.
            if (claim == _ownership.Number && !_ownership.MustClaim)
            {
                StepDown(waiting);
                return;
            }
        }
    }

    /// <summary>Gives all entries of a batch the same time, which is not before the time of the newest event.</summary>
    private MessageLogEntry[] Stamp(List<WaitingEntry> waiting)
    {
        var ts = Math.Max(_ts, _time.GetUtcNow().ToUnixTimeMilliseconds());
        var entries = new MessageLogEntry[waiting.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = waiting[i].Entry with { Ts = ts };
        }

        _instruments.BatchSize.Record(entries.Length);
        return entries;
    }

    /// <summary>Handles a commit: applies and publishes its new events, then answers each entry.</summary>
    private void Appended(List<WaitingEntry> waiting, MessageLogEntry[] entries, IReadOnlyList<AppendedEntry> appended)
    {
        var events = new List<RoomEvent>(entries.Length);
        for (var i = 0; i < entries.Length; i++)
        {
            if (appended[i] is { Duplicate: false } fresh)
            {
                events.Add(ToEvent(entries[i], fresh));
            }
        }

        Committed(events);

        // Step 6: answer. A duplicate gets the first answer, but a duplicate with another body is a conflict.
        for (var i = 0; i < entries.Length; i++)
        {
            var reply = ToReply(entries[i], appended[i]);
            _instruments.Posts.Add(1, new KeyValuePair<string, object?>(
                "outcome", reply is not Posted posted ? "conflict" : posted.Duplicate ? "duplicate" : "posted"));
            _instruments.AppendDuration.Record(_time.GetElapsedTime(waiting[i].Since).TotalSeconds);
            waiting[i].Answer(reply);
        }
    }

    /// <summary>
    /// Handles a batch that the store refused because of an entry. Nothing was committed, so the claim is still valid.
    /// Each entry is appended separately, so that only an entry that cannot be stored is refused. Its refusal is final,
    /// because a retry cannot succeed.
    /// </summary>
    private async Task AppendApartAsync(List<WaitingEntry> waiting, MessageLogEntryException exception)
    {
        if (waiting is [var refused])
        {
            LogEntryRefused(exception);
            refused.Answer(Refusals.NotStorable);
            return;
        }

        for (var i = 0; i < waiting.Count; i++)
        {
            // In each RoomOwnershipState:
            // - Owned, Deactivating: append.
            // - Unsure: append, after a new claim. The blocks have changed.
            // - Lost: an earlier entry of this batch, or another call, has found that a newer activation owns the room.
            // - Unclaimed: cannot occur, because the room was owned.
            if (!_ownership.MayAppend && !_ownership.MustClaim)
            {
                waiting[i..].ForEach(one => one.Answer(Refusals.Moving));
                return;
            }

            await AppendAsync([waiting[i]]);
        }
    }

    /// <summary>
    /// Applies committed events to this activation and publishes them. Nothing is awaited, so no enter command sees the
    /// new head with old members or messages.
    /// </summary>
    private void Committed(List<RoomEvent> events)
    {
        // If this activation claimed the room after the commit and before the answer, the claim found these events in
        // the log, applied them and published them.
        events.RemoveAll(committed => committed.Seq <= _head);
        if (events.Count == 0)
        {
            return;
        }

        // Step 5: apply, then publish.
        var newest = events[^1];
        (_head, _ts, _messages) = (newest.Seq, newest.Ts, newest.Messages);
        _reads.ForEach(read => read.Add(events));
        HashSet<long>? deleted = null;
        foreach (var committed in events)
        {
            _recent.Set(committed.Seq, Target.From(committed));
            _membership.Apply(committed);
            if (committed.Kind == RoomEventKind.Title)
            {
                _title = committed.Text;
            }
            else if (committed.Kind == RoomEventKind.Settings)
            {
                _settings = RoomSettings.Parse(committed.Meta);
                _slowMode.Forget();
            }
            else if (committed.Kind == RoomEventKind.Msg && Slow > 0)
            {
                _slowMode.Add(committed.From, committed.Ts, Slow);
            }

            if (committed is { Kind: RoomEventKind.Delete, Ref: { } message })
            {
                _recent.Delete(message);
                (deleted ??= []).Add(message);
            }
        }

        // If all members have left a group, the next user who joins it is a plain member. Then the group has no owner.
        _lacksOwner |= LacksOwner;
        if (deleted is not null)
        {
            _queue.Deleted(deleted);
        }

        Publish([.. events]);
        OnSent(events.Select(static committed => committed.From));
    }

    /// <summary>
    /// Queues events for the gateways, notifies the members, and detaches the users whose membership an event ended.
    /// </summary>
    private void Publish(RoomEvent[] events)
    {
        if (events.Length == 0)
        {
            return;
        }

        _publisher.Publish(new RoomEvents(_room, _ownership.Number, events));
        _notifier.Notify(_membership.Table.Users, events[0].Seq, events[^1].Seq);
        foreach (var happened in events)
        {
            if (happened is { Kind: RoomEventKind.Invite, Text: { } invited } && !_membership.Contains(invited))
            {
                _notifier.Notify([invited], happened.Seq, happened.Seq);
            }

            if (MemberChange.Ended(happened) is { } user)
            {
                // Detach the user from every gateway, but only after the event is queued for these gateways.
                foreach (var gateway in _attached.Gateways.ToArray())
                {
                    Detach(gateway, user);
                }
            }
        }
    }

    private static RoomReply ToReply(MessageLogEntry entry, AppendedEntry appended)
        => appended.Duplicate && appended.Hash != entry.Hash && appended.Hash != MessageLogEntry.AnyHash
            ? Refusals.OtherBody
            : new Posted(appended.Seq, appended.Ts, appended.Duplicate);

    private static RoomEvent ToEvent(MessageLogEntry entry, AppendedEntry appended) => new(
        appended.Seq, appended.Ts, entry.User, entry.Kind, entry.Text, entry.Ref, entry.Reply, entry.Meta, entry.ClientId,
        Edited: false, appended.Messages)
    { Mentions = entry.Mentions };

    /// <summary>
    /// Handles a failed batch, which may have committed: refuses all waiting entries, and requires a new claim.
    /// </summary>
    private void LoseOwnership(RoomBatch batch)
    {
        // In each RoomOwnershipState:
        // - Unclaimed, Owned, Unsure: the entries are refused as unavailable. Their retry makes this activation claim.
        // - Deactivating, Lost: the entries are refused as moving, because their retry reaches the next activation.
        _ownership.OnBatchFailed();
        _instruments.MessageLogUnavailable.Add(1);
        Fail(batch, _ownership.RefusesCommands ? Refusals.Moving : Refusals.MessageLogUnavailable);
    }

    private void Fail(RoomBatch batch, Refused reply)
    {
        batch.TargetGone.ForEach(one => one.Answer(reply));
        batch.Entries.ForEach(one => one.Answer(reply));
        _queue.Refuse(reply);
    }

    // Logged as Debug, because the store logs the beginning and the end of an outage, once for all rooms.
    [LoggerMessage(102, LogLevel.Debug, "The message log is unavailable; a batch of {Entries} entries was refused")]
    private partial void LogMessageLogUnavailable(Exception exception, int entries);

    [LoggerMessage(103, LogLevel.Error, "An append of {Entries} entries failed in an unexpected way")]
    private partial void LogAppendFailed(Exception exception, int entries);

    [LoggerMessage(105, LogLevel.Warning, "The message log cannot store an entry; its sender gets an error")]
    private partial void LogEntryRefused(Exception exception);
}
