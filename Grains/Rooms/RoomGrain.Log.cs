using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Rooms;

/// <summary>The room and its log: claiming, committing, and what follows from a commit.</summary>
internal sealed partial class RoomGrain
{
    /// <summary>What is known of the room; null until it was claimed once.</summary>
    private RoomClaim? _claim;

    /// <summary>Whether the claim is good for an append. Not after an append whose outcome is unknown.</summary>
    private bool _owned;

    /// <summary>Whether this activation has given the room up: a newer one owns it, or it is leaving.</summary>
    private bool _steppedDown;

    /// <summary>The first claim's number: tells this activation's notices from another's.</summary>
    private long _activation;

    private Task<bool> _claiming = Task.FromResult(false);

    /// <summary>The newest event that is committed and handed to the publisher.</summary>
    private long _head;
    private long _messages;
    private long _ts;

    private long ClaimNumber => _claim?.Number ?? 0;

    /// <summary>Whether the room exists, as far as deciding needs it; makes it where <paramref name="create"/> says so.</summary>
    private ValueTask<bool> KnowAsync(RoomKind? create) => _claim is not null ? ValueTask.FromResult(true) : OwnAsync(create);

    /// <summary>Claims the room where it is not owned. False for one that does not exist. Throws <see cref="LogUnavailableException"/>.</summary>
    private async ValueTask<bool> OwnAsync(RoomKind? create)
    {
        // Lazily, and not at activation: a log that is away is an answer here, and would be a failed activation there.
        while (!_owned && !_steppedDown)
        {
            // One claim at a time: each one fences those before it.
            var joins = !_claiming.IsCompleted;
            if (!joins)
            {
                _claiming = ClaimAsync(create);
            }

            if (!await _claiming && (!joins || create is null))
            {
                return false;
            }
        }

        return _owned ? true : throw new LogUnavailableException("The activation has stepped down.");
    }

    private async Task<bool> ClaimAsync(RoomKind? create)
    {
        var claim = create is { } kind
            ? await _log.CreateAsync(_room, kind, _stopping.Token)
            : await _log.ClaimAsync(_room, _stopping.Token);
        if (claim is null)
        {
            return false;
        }

        IReadOnlyList<string> members = claim.Kind == RoomKind.Group ? await _log.MembersAsync(_room, _stopping.Token) : _people!;

        // After an append whose outcome was unknown: what did commit is published now, because everybody attached was promised it.
        IReadOnlyList<RoomEvent> missed = _claim is not null && claim.Seq > _head
            ? await _log.ReadAsync(_room, _head, _options.RowsPerBatch, _stopping.Token)
            : [];

        _membership.Reset(members);
        _recent.Clear();
        _claim = claim;
        _activation = _activation == 0 ? claim.Number : _activation;
        (_head, _ts, _messages) = (claim.Seq, claim.Ts, claim.Messages);
        _owned = true;
        Publish([.. missed]);
        return true;
    }

    private async Task CommitAsync(RoomBatch batch)
    {
        try
        {
            if (!await OwnAsync(create: null))
            {
                Fail(batch, Refusals.NoRoom);
                return;
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
        catch (LogUnavailableException failure)
        {
            LogAway(failure, batch.Entries.Count);
            LoseOwnership(batch);
        }
        catch (Exception failure)
        {
            // Nobody knows whether it committed: the same way out as for a log that is away.
            LogAppendFailed(failure, batch.Entries.Count);
            LoseOwnership(batch);
        }
    }

    private async Task AppendAsync(List<WaitingEntry> waiting)
    {
        var ts = Math.Max(_ts, _time.GetUtcNow().ToUnixTimeMilliseconds());
        var entries = new LogEntry[waiting.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = waiting[i].Entry with { Ts = ts };
        }

        _instruments.BatchSize.Record(entries.Length);
        var result = await _log.AppendAsync(new RoomAppend(_room, ClaimNumber, entries), _stopping.Token);
        if (result.Fenced)
        {
            StepDown(waiting);
            return;
        }

        var events = new List<RoomEvent>(entries.Length);
        for (var i = 0; i < entries.Length; i++)
        {
            if (result.Entries[i] is { Duplicate: false } fresh)
            {
                events.Add(EventOf(entries[i], fresh));
            }
        }

        Committed(events);
        for (var i = 0; i < entries.Length; i++)
        {
            var reply = AnswerOf(entries[i], result.Entries[i]);
            _instruments.Posts.Add(1, new KeyValuePair<string, object?>(
                "outcome", reply is not Posted posted ? "conflict" : posted.Duplicate ? "duplicate" : "posted"));
            _instruments.AppendWait.Record(_time.GetElapsedTime(waiting[i].Since).TotalMilliseconds);
            waiting[i].Answer(reply);
        }
    }

    /// <summary>What follows from a commit. In one turn with it, so that no enter sees the one without the other.</summary>
    private void Committed(List<RoomEvent> events)
    {
        if (events.Count == 0)
        {
            return;
        }

        var newest = events[^1];
        (_head, _ts, _messages) = (newest.Seq, newest.Ts, newest.Messages);
        HashSet<long>? deleted = null;
        foreach (var committed in events)
        {
            _recent.Set(committed.Seq, Target.Of(committed));
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
                // After their own leave was published; who left is gone from every gateway.
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
            _bells.Ring(_membership.Members, events[0].Seq, events[^1].Seq);
        }
    }

    /// <summary>
    /// Whether a command may refer to what it refers to; null where it may. Another batch may delete the message between this check and
    /// the append. That is caught: a deletion marks what waits (<see cref="AppendQueue.Deleted"/>), and one within the same batch makes
    /// later ones wait (<see cref="RoomBatch.TryAdd"/>). A deletion that ends while the row is read here is in <see cref="_recent"/>, which
    /// is asked again; one by an earlier owner, or with an unknown outcome, is in the log before the claim is ours.
    /// </summary>
    private async ValueTask<Refused?> RefuseTargetAsync(Post post)
    {
        if (post.Kind is RoomEventKind.Join or RoomEventKind.Leave)
        {
            return Refusals.ServerKind;
        }

        if (post.Ref is not { } seq || seq < 1 || !await OwnAsync(create: null))
        {
            return Refusals.NoMessage;
        }

        // Whether or not this activation knows of it yet: an append whose outcome is still unknown may have been seen by its readers.
        if (!_recent.TryGet(seq, out var target))
        {
            var claim = ClaimNumber;
            var rows = await _log.ReadAsync(_room, seq - 1, 1, _stopping.Token);
            if (!_owned || claim != ClaimNumber)
            {
                return Refusals.LogAway(_options);
            }

            if (!_recent.TryGet(seq, out target) && rows is [var row] && row.Seq == seq)
            {
                target = Target.Of(row);
                _recent.Set(seq, target);
            }
        }

        return !target.IsMessage ? Refusals.NoMessage
            : post.Kind is RoomEventKind.Edit or RoomEventKind.Delete && target.Author != post.User ? Refusals.NotAuthor
            : target.Deleted ? Refusals.Gone
            : null;
    }

    /// <summary>The answer of an entry that was appended before; null where it never was.</summary>
    private async Task<RoomReply?> FirstAnswerAsync(LogEntry entry)
        => entry.ClientId is { } id && await _log.FindAsync(_room, entry.User, id, _stopping.Token) is { } first
            ? AnswerOf(entry, first with { Duplicate = true })
            : null;

    private async Task<RoomReply> AppendMembershipAsync(string user, RoomEventKind kind)
    {
        var waiting = WaitingEntry.OfServer(user, kind, _time.GetTimestamp());
        return _queue.TryAdd(waiting) ? await waiting.Reply : Refusals.TooManyWait(_options);
    }

    private static RoomReply AnswerOf(LogEntry entry, AppendedEntry appended)
        => appended.Duplicate && appended.Hash != entry.Hash
            ? Refusals.OtherBody
            : new Posted(appended.Seq, appended.Ts, appended.Duplicate);

    private static RoomEvent EventOf(LogEntry entry, AppendedEntry appended) => new(
        appended.Seq, appended.Ts, entry.User, entry.Kind, entry.Text, entry.Ref, entry.Reply, entry.Meta, entry.ClientId,
        Edited: false, appended.Messages);

    /// <summary>
    /// Whether the log has a newer owner than this activation, which has not noticed: what it knows of members and messages is old then. Asked
    /// where a gateway has noticed that there was another one; false where the log is away.
    /// </summary>
    private async Task<bool> IsSupersededAsync()
    {
        try
        {
            // A claim of its own that is under way, or may have been carried out, is no other owner's.
            return _owned && _claiming.IsCompleted && await _log.HeadsAsync([_room], _stopping.Token) is [var head]
                && _owned && _claiming.IsCompleted && head.Claim > ClaimNumber;
        }
        catch (LogUnavailableException)
        {
            return false;
        }
    }

    /// <summary>A newer activation owns the room: nothing was committed, nothing is published, and this one goes.</summary>
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

    private void LoseOwnership(RoomBatch batch)
    {
        _owned = false;
        _instruments.LogAway.Add(1);
        Fail(batch, _steppedDown ? Refusals.Moving(_options) : Refusals.LogAway(_options));
    }

    private void Fail(RoomBatch batch, Refused reply)
    {
        batch.TargetGone.ForEach(one => one.Answer(reply));
        batch.Entries.ForEach(one => one.Answer(reply));
        _queue.Refuse(reply);
    }

    [LoggerMessage(102, LogLevel.Warning, "The message log is away; a batch of {Entries} was refused.")]
    private partial void LogAway(Exception failure, int entries);

    [LoggerMessage(103, LogLevel.Error, "An append of {Entries} failed.")]
    private partial void LogAppendFailed(Exception failure, int entries);

    [LoggerMessage(104, LogLevel.Information, "Claim {Claim} is not the room's any more; this activation steps down.")]
    private partial void LogFenced(long claim);
}
