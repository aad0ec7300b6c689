using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Claims the room, appends batches, and publishes committed events.</summary>
/// <remarks>
/// An activation is in one of four states, given by <see cref="_claim"/>, <see cref="_owned"/> and
/// <see cref="_steppedDown"/>:
/// <list type="bullet">
/// <item>Unclaimed (<c>_claim</c> is null): the room was not claimed yet, or it does not exist.</item>
/// <item>Owned (<c>_owned</c>): appends go out under the number of <c>_claim</c>.</item>
/// <item>Unsure (<c>_claim</c> is set, <c>_owned</c> is false): the outcome of the last append is unknown. The room is
/// claimed again before the next append. That claim fences the unknown append, or finds its events in the log.</item>
/// <item>Stepped down (<c>_steppedDown</c>): a newer activation owns the room, or this one is being deactivated. It
/// refuses every command. There is no way back.</item>
/// </list>
/// </remarks>
internal sealed partial class RoomGrain
{
    /// <summary>The result of the last claim; null until the first claim.</summary>
    private RoomClaim? _claim;

    /// <summary>Whether an append may use the claim. False after an append whose outcome is unknown.</summary>
    private bool _owned;

    /// <summary>
    /// Whether this activation has given the room up: a newer one owns it, or this one is being deactivated.
    /// </summary>
    private bool _steppedDown;

    /// <summary>
    /// This activation's first claim number. It distinguishes its presence updates from those of other activations.
    /// </summary>
    private long _activation;

    private Task<bool> _claiming = Task.FromResult(false);

    /// <summary>The newest sequence that is committed and was given to the publisher.</summary>
    private long _head;
    private long _messages;
    private long _ts;

    private long ClaimNumber => _claim?.Number ?? 0;

    /// <summary>
    /// Whether the room exists. Claims it if it was never claimed. Throws <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private ValueTask<bool> KnowAsync() => _claim is not null ? ValueTask.FromResult(true) : OwnAsync();

    /// <summary>
    /// Claims the room unless it is owned. False if it does not exist. Throws <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async ValueTask<bool> OwnAsync()
    {
        // The room is claimed by the first command, not at activation. If the log is unavailable, a command can be
        // refused; an activation could only fail.
        // - Unclaimed, Unsure: claim.
        // - Owned: nothing to do. This includes an activation that is being deactivated and still has a sealed batch.
        // - Stepped down and not owned: throw; the caller refuses.
        while (!_owned && !_steppedDown)
        {
            // One claim at a time, because each claim fences the one before it.
            if (_claiming.IsCompleted)
            {
                _claiming = ClaimAsync();
            }

            if (!await _claiming)
            {
                return false;
            }
        }

        return _owned ? true : throw new MessageLogUnavailableException("The activation has stepped down.");
    }

    private async Task<bool> ClaimAsync()
    {
        if (await _log.ClaimAsync(_room, _stopping.Token) is not { } claim)
        {
            return false;
        }

        IReadOnlyList<string> members = claim.Kind == RoomKind.Group ? await _log.MembersAsync(_room, _stopping.Token) : _people!;

        // - Unclaimed: no gateway is attached, so there is nothing to publish.
        // - Unsure: the append may have committed. Attached gateways expect every event after their head, so its
        //   events are published now.
        IReadOnlyList<RoomEvent> missed = _claim is not null && claim.Seq > _head
            ? await _log.ReadAsync(_room, _head, _options.RowsPerBatch, _stopping.Token)
            : [];

        Own(claim, members);
        Publish([.. missed]);
        return true;
    }

    /// <summary>Takes over the claim and replaces everything known about the room by what the log has.</summary>
    private void Own(RoomClaim claim, IReadOnlyList<string> members)
    {
        _membership.Reset(members);
        _recent.Clear();
        _claim = claim;
        _activation = _activation == 0 ? claim.Number : _activation;
        (_head, _ts, _messages) = (claim.Seq, claim.Ts, claim.Messages);
        _owned = true;
    }

    /// <summary>
    /// Appends a batch that the <see cref="AppendQueue"/> sealed (step 2), and answers each entry. Never throws.
    /// </summary>
    private async Task CommitAsync(RoomBatch batch)
    {
        try
        {
            // Step 3: own. The loop ends because the room is owned, or because it was created together with the batch.
            while (!await OwnAsync())
            {
                if (!IsDirect)
                {
                    Fail(batch, Refusals.NoRoom);
                    return;
                }

                if (batch.Entries.Count == 0)
                {
                    // The store refused each message, so there is still no room. The messages that wait may create it.
                    batch.TargetGone.ForEach(one => one.Answer(Refusals.NoMessage));
                    return;
                }

                // If another call has begun a claim or a creation in the meantime, wait for that one instead.
                if (_claiming.IsCompleted)
                {
                    await CreateWithAsync(batch.Entries);
                }
            }

            foreach (var waiting in batch.TargetGone)
            {
                waiting.Answer(await FirstAnswerAsync(waiting.Entry) ?? Refusals.Gone);
            }

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
            // The store refused the claim or a lookup, not the append. So no entry of this batch can ever be stored.
            LogEntryRefused(exception);
            _owned = false;
            Fail(batch, Refusals.NotStorable);
        }
        catch (Exception exception)
        {
            // The append may have committed. This is handled like an unavailable log.
            LogAppendFailed(exception, batch.Entries.Count);
            LoseOwnership(batch);
        }
    }

    private async Task AppendAsync(List<WaitingEntry> waiting)
    {
        // Step 4: append. One append per room is in flight, because the queue seals the next batch only after this one.
        var entries = Stamp(waiting);
        AppendResult result;
        try
        {
            result = await _log.AppendAsync(new RoomAppend(_room, ClaimNumber, entries), _stopping.Token);
        }
        catch (MessageLogEntryException exception)
        {
            await AppendApartAsync(waiting, exception);
            return;
        }

        if (result.Fenced)
        {
            StepDown(waiting);
            return;
        }

        Appended(waiting, entries, result.Entries);
    }

    /// <summary>Dates the entries of a batch: all alike, and never before the room's newest event.</summary>
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

        // Step 6: answer. A duplicate gets the first answer; a duplicate with another body is a conflict.
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
    /// Handles a batch of which the store refused an entry. Nothing was committed, so the claim is still valid. Each
    /// entry is appended on its own, so that only the one that cannot be stored is refused. That refusal is final,
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
            if (!_owned)
            {
                // An earlier entry of this batch was fenced, so the activation has stepped down.
                waiting[i..].ForEach(one => one.Answer(Refusals.Moving(_options)));
                return;
            }

            await AppendAsync([waiting[i]]);
        }
    }

    /// <summary>
    /// Applies committed events to this activation and publishes them. Nothing is awaited, so no enter sees the head
    /// without the members and messages that belong to it.
    /// </summary>
    private void Committed(List<RoomEvent> events)
    {
        if (events.Count == 0)
        {
            return;
        }

        // Step 5: apply, then publish.
        var newest = events[^1];
        (_head, _ts, _messages) = (newest.Seq, newest.Ts, newest.Messages);
        HashSet<long>? deleted = null;
        foreach (var committed in events)
        {
            _recent.Set(committed.Seq, Target.From(committed));
            _membership.Apply(committed);
            if (committed is { Kind: RoomEventKind.Delete, Ref: { } message })
            {
                _recent.Delete(message);
                (deleted ??= []).Add(message);
            }
        }

        if (deleted is not null)
        {
            _queue.Deleted(deleted);
        }

        Publish([.. events]);
        foreach (var committed in events)
        {
            if (committed.Kind == RoomEventKind.Leave)
            {
                // The user is detached from every gateway, but only after the gateways were sent the leave event.
                foreach (var gateway in _attached.Gateways.ToArray())
                {
                    Detach(gateway, committed.From);
                }
            }
        }
    }

    private void Publish(RoomEvent[] events)
    {
        if (events.Length > 0)
        {
            _publisher.Publish(new RoomEvents(_room, ClaimNumber, events));
            _notifier.Notify(_membership.Members, events[0].Seq, events[^1].Seq);
        }
    }

    /// <summary>
    /// Checks the message that a command refers to. Returns null if the command is allowed.
    /// </summary>
    /// <remarks>
    /// The message may be deleted between this check and the append of the command. Each such deletion is caught:
    /// <list type="bullet">
    /// <item>By a batch that commits while the command waits: <see cref="AppendQueue.Deleted"/> marks the waiting
    /// entry.</item>
    /// <item>In the same batch as the command: <see cref="RoomBatch.TryAdd"/> leaves the command for the next
    /// batch.</item>
    /// <item>By a commit during the read below: <see cref="_recent"/> has it and is asked again after the read.</item>
    /// <item>By an earlier owner, or by an append with an unknown outcome: it is in the log before this activation's
    /// claim returns.</item>
    /// </list>
    /// </remarks>
    private async ValueTask<Refused?> RefuseTargetAsync(Post post)
    {
        if (post.Kind is RoomEventKind.Join or RoomEventKind.Leave)
        {
            return Refusals.ServerKind;
        }

        if (post.Ref is not { } seq || seq < 1 || !await OwnAsync())
        {
            return Refusals.NoMessage;
        }

        // The log is read even for a sequence after the head: an append with an unknown outcome may have committed, and
        // clients may have read its events.
        if (!_recent.TryGet(seq, out var target))
        {
            var claim = ClaimNumber;
            var rows = await _log.ReadAsync(_room, seq - 1, 1, _stopping.Token);
            if (!_owned || claim != ClaimNumber)
            {
                return Refusals.MessageLogUnavailable(_options);
            }

            if (!_recent.TryGet(seq, out target) && rows is [var row] && row.Seq == seq)
            {
                target = Target.From(row);
                _recent.Set(seq, target);
            }
        }

        return !target.IsMessage ? Refusals.NoMessage
            : post.Kind is RoomEventKind.Edit or RoomEventKind.Delete && target.Author != post.User ? Refusals.NotAuthor
            : target.Deleted ? Refusals.Gone
            : null;
    }

    /// <summary>The answer to an earlier append of the same client id; null if there was none.</summary>
    private async Task<RoomReply?> FirstAnswerAsync(MessageLogEntry entry)
        => entry.ClientId is { } id && await _log.FindAsync(_room, entry.User, id, _stopping.Token) is { } first
            ? ToReply(entry, first with { Duplicate = true })
            : null;

    private async Task<RoomReply> AppendMembershipAsync(string user, RoomEventKind kind)
    {
        var waiting = WaitingEntry.OfServer(user, kind, _time.GetTimestamp());
        return _queue.TryAdd(waiting) ? await waiting.Reply : Refusals.TooManyWait(_options);
    }

    private static RoomReply ToReply(MessageLogEntry entry, AppendedEntry appended)
        => appended.Duplicate && appended.Hash != entry.Hash && appended.Hash != MessageLogEntry.AnyHash
            ? Refusals.OtherBody
            : new Posted(appended.Seq, appended.Ts, appended.Duplicate);

    private static RoomEvent ToEvent(MessageLogEntry entry, AppendedEntry appended) => new(
        appended.Seq, appended.Ts, entry.User, entry.Kind, entry.Text, entry.Ref, entry.Reply, entry.Meta, entry.ClientId,
        Edited: false, appended.Messages);

    /// <summary>
    /// Whether a newer activation has claimed the room and this one has not noticed. Then its members and messages are
    /// out of date. Called when a gateway reports its users, because a gateway does so when it noticed another
    /// activation. False if the log is unavailable.
    /// </summary>
    private async Task<bool> IsSupersededAsync()
    {
        try
        {
            // - Unclaimed, Unsure: false. A higher claim number may come from this activation's own claim.
            // - Owned before and after the read, without a claim in flight: a higher number is another activation's.
            // - Stepped down and not owned: false, because this activation already knows.
            return _owned && _claiming.IsCompleted && await _log.HeadsAsync([_room], _stopping.Token) is [var head]
                && _owned && _claiming.IsCompleted && head.Claim > ClaimNumber;
        }
        catch (MessageLogUnavailableException)
        {
            return false;
        }
    }

    /// <summary>
    /// Gives the room up, because a newer activation owns it. Nothing was committed, and nothing is published. Refuses
    /// all entries and deactivates.
    /// </summary>
    private void StepDown(List<WaitingEntry> waiting)
    {
        _steppedDown = true;
        _owned = false;
        _instruments.Fenced.Add(1);
        LogFenced(ClaimNumber);
        var moving = Refusals.Moving(_options);
        waiting.ForEach(one => one.Answer(moving));
        _queue.Refuse(moving);
        DeactivateOnIdle();
    }

    /// <summary>
    /// Handles an append whose outcome is unknown: refuses all entries that wait, and makes the next append claim
    /// first.
    /// </summary>
    private void LoseOwnership(RoomBatch batch)
    {
        // - Owned: becomes Unsure.
        // - Unclaimed, Unsure: the claim failed; nothing changes.
        // - Stepped down: stays so. The entries are refused as moving, because a retry reaches the next activation.
        _owned = false;
        _instruments.MessageLogUnavailable.Add(1);
        Fail(batch, _steppedDown ? Refusals.Moving(_options) : Refusals.MessageLogUnavailable(_options));
    }

    private void Fail(RoomBatch batch, Refused reply)
    {
        batch.TargetGone.ForEach(one => one.Answer(reply));
        batch.Entries.ForEach(one => one.Answer(reply));
        _queue.Refuse(reply);
    }

    // The store logs when an outage begins and ends, once for all rooms.
    [LoggerMessage(102, LogLevel.Debug, "The message log is unavailable; a batch of {Entries} entries was refused")]
    private partial void LogMessageLogUnavailable(Exception exception, int entries);

    [LoggerMessage(103, LogLevel.Error, "An append of {Entries} entries failed in an unexpected way")]
    private partial void LogAppendFailed(Exception exception, int entries);

    [LoggerMessage(105, LogLevel.Warning, "The message log cannot store an entry; its sender gets an error")]
    private partial void LogEntryRefused(Exception exception);

    [LoggerMessage(104, LogLevel.Information, "The activation steps down: its claim {Claim} on the room is stale")]
    private partial void LogFenced(long claim);
}
