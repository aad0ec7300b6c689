using System.Diagnostics;
using OrleansChat.Gateway.Frames;

namespace OrleansChat.Gateway.Fanout;

/// <summary>Repairs gaps: reads the missing events from the message log.</summary>
internal sealed partial class RoomFeed
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>True while the repair loop runs.</summary>
    private bool _repairing;

    /// <summary>Starts the repair loop if events are missing.</summary>
    /// <returns>The task of the repair loop if this call started the loop; else a completed task.</returns>
    private Task RepairGap(TimeSpan hold)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);

        // If there is no position, the room has not answered yet. If a repair loop is running, it uses the new state in
        // its next step.
        if (_position is not { } position || !_gap.Update(position, hold) || _repairing)
        {
            return Task.CompletedTask;
        }

        _repairing = true;
        return RepairGapAsync();
    }

    /// <summary>
    /// The repair loop: runs until no event is missing. Only one loop runs at a time.
    /// <list type="number">
    /// <item>Wait while the missing events may still arrive from the stream.</item>
    /// <item>If too many events are missing, skip them: each subscription reads them separately.</item>
    /// <item>End if no event is missing, or if there is no subscription.</item>
    /// <item>Read the missing events from the message log, up to the last event that is not buffered.</item>
    /// <item>If the log no longer has the first missing event, skip to the first event that the log still has.</item>
    /// <item>Deliver the events that were read, and the buffered events that follow.</item>
    /// <item>If the log could not be read, or returned no events, wait before the next attempt.</item>
    /// </list>
    /// </summary>
    private async Task RepairGapAsync()
    {
        // Steps 1 to 3, under the lock: choose what to do.
        while (NextStep() is { } step)
        {
            if (step.Wait > TimeSpan.Zero)
            {
                await Task.Delay(step.Wait, _time);
            }
            else if (!await TryRepairAsync(step.After, step.Limit))
            {
                // Step 7: Wait before the next attempt. No event is lost, because a failed read does not move the
                // position.
                await Task.Delay(RetryDelay, _time);
            }
        }
    }

    /// <summary>
    /// Reads and delivers missing events. Returns false if the log could not be read, or returned no events.
    /// </summary>
    private async Task<bool> TryRepairAsync(long after, int limit)
    {
        try
        {
            // Step 4: Read.
            var events = await ReadAsync(after, limit);

            // Steps 5 and 6: Deliver.
            Repair(events);
            return events.Count > 0;
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>
    /// Decides what the repair loop does next: wait, or read up to <c>Limit</c> events after the sequence <c>After</c>.
    /// Returns null if the loop must end.
    /// </summary>
    private (TimeSpan Wait, long After, int Limit)? NextStep()
    {
        lock (_gate)
        {
            // Step 1: The missing events may still arrive.
            if (_subscriptions.Count > 0 && _gap.Wait is { Ticks: > 0 } wait)
            {
                return (TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), 0, 0);
            }

            // Step 2: The gap is too large.
            if (_gap.Target - _position > _options.GapEvents)
            {
                FallBehind(_gap.Target);
                RepairGap(Hold);
            }

            // Step 3: No event is missing, or there is no subscription.
            if (_position is not { } position || position >= _gap.Target || _subscriptions.Count == 0)
            {
                _repairing = false;
                return null;
            }

            _gap.BeginRead();

            // Read only up to the last event that is not buffered. The events after it, up to the target, have already
            // arrived.
            var last = _gap.Target;
            while (_outOfOrder.ContainsKey(last))
            {
                last--;
            }

            return (TimeSpan.Zero, position, (int)Math.Min(_options.RepairEvents, last - position));
        }
    }

    private void Repair(IReadOnlyList<EncodedEvent> events)
    {
        lock (_gate)
        {
            _instruments.Repair();
            if (events.Count > 0 && events[0].Event.Seq > _position + 1)
            {
                // Step 5: Skip. Each subscription then reads the log, and queues a gap frame for the skipped events.
                FallBehind(events[0].Event.Seq - 1);
            }

            // Step 6: Deliver.
            List<EncodedEvent> missing = [.. events.SkipWhile(happened => happened.Event.Seq <= _position)];
            _instruments.Repaired(missing.Count);
            missing.ForEach(happened => _outOfOrder.Remove(happened.Event.Seq));
            Deliver(missing);
            RepairGap(Hold);
        }
    }

    /// <summary>Skips events up to <paramref name="seq"/>: each subscription reads them separately.</summary>
    private void FallBehind(long seq)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        foreach (var subscription in _subscriptions)
        {
            subscription.Session.FallBehind(subscription);
        }

        GoOnAfter(seq);
    }
}
