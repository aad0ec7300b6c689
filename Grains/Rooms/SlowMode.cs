using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The times of the users' last messages, for a group with slow mode. The room reads the times from the log when it
/// first needs them after a claim or after a change of the settings. Then it adds each committed message. Not
/// thread-safe: all code of this class runs on the room grain's task scheduler.
/// </summary>
/// <param name="read">Reads events of the room from the log.</param>
internal sealed class SlowMode(Func<MessageLogRange, CancellationToken, Task<IReadOnlyList<RoomEvent>>> read)
{
    /// <summary>Maximum number of events from which the times are read: the newest events of the room.</summary>
    public const int MaxReadEvents = 1000;

    /// <summary>
    /// Maximum number of users whose times are kept. If there are more, the users whose last messages are the oldest
    /// can send again too early.
    /// </summary>
    public const int MaxUsers = 4096;

    private const int EventsPerRead = 100;

    private readonly Dictionary<string, long> _last = new(StringComparer.Ordinal);
    private Task _reading = Task.CompletedTask;
    private int _version;

    /// <summary>Number of users whose times are kept.</summary>
    public int Count => _last.Count;

    /// <summary>Whether the times have been read from the log and are not out of date.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Discards the times, because they may be out of date.</summary>
    public void Forget()
    {
        _last.Clear();
        IsKnown = false;
        _version++;
    }

    /// <summary>
    /// Reads the times from the log. If they were discarded during the read, <see cref="IsKnown"/> stays false.
    /// Concurrent calls share one read. Throws <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    /// <param name="head">The newest sequence of the room.</param>
    /// <param name="seconds">The number of seconds of slow mode.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public Task ReadAsync(long head, int seconds, long now, CancellationToken cancellationToken)
        => _reading.IsCompleted ? _reading = StartAsync(head, seconds, now, cancellationToken) : _reading;

    /// <summary>Adds a committed message.</summary>
    /// <param name="ts">The time of the message in milliseconds since 1970 UTC.</param>
    public void Add(string user, long ts, int seconds)
    {
        _last[user] = Math.Max(ts, _last.GetValueOrDefault(user));
        if (_last.Count <= MaxUsers)
        {
            return;
        }

        // Remove the users who may already send again. If there are still too many, also remove the users with the
        // oldest times until half of the maximum is left, so that not every message has to sort the times.
        var ended = _last.Values.Max() - (seconds * 1000L);
        var kept = _last.Where(last => last.Value > ended).OrderByDescending(last => last.Value).ToArray();
        _last.Clear();
        foreach (var (name, time) in kept.Take(kept.Length > MaxUsers ? MaxUsers / 2 : MaxUsers))
        {
            _last[name] = time;
        }
    }

    /// <summary>Milliseconds until the user may send the next message; 0 if the user may send it now.</summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public long WaitOf(string user, int seconds, long now)
        => _last.TryGetValue(user, out var last) ? Math.Clamp(last + (seconds * 1000L) - now, 0, seconds * 1000L) : 0;

    private async Task StartAsync(long head, int seconds, long now, CancellationToken cancellationToken)
    {
        var version = _version;
        var newest = head;
        while (newest > 0 && head - newest < MaxReadEvents)
        {
            var count = (int)Math.Min(EventsPerRead, Math.Min(newest, MaxReadEvents - (head - newest)));
            var events = await read(new(newest - count, count, EventBytes.Page, FromEnd: true), cancellationToken);
            foreach (var message in events.Where(happened => happened.Kind == RoomEventKind.Msg))
            {
                Add(message.From, message.Ts, seconds);
            }

            if (events.Count == 0 || events[0].Ts <= now - (seconds * 1000L))
            {
                break;
            }

            newest = events[0].Seq - 1;
        }

        IsKnown = version == _version;
    }
}
