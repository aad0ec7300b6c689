namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Joins comings and goings together. The first one is told at once; while they keep coming, the rest is told at intervals. Who comes and
/// goes within one interval is not told at all. Where many are in the room, the count alone is told. Notices are numbered, and the last
/// ones kept, so that a gateway which missed some gets them. Runs in the room's turns.
/// </summary>
/// <param name="count">Users attached now.</param>
/// <param name="tell">Publishes a notice.</param>
internal sealed class AttendanceNotices(
    RoomOptions options, TimeProvider time, Func<int> count, Action<AttendanceNotice> tell, CancellationToken stopping)
{
    private readonly Dictionary<string, bool> _changes = [];
    private readonly Queue<AttendanceNotice> _kept = [];
    private TaskCompletionSource _changed = new();
    private bool _nameless;
    private int _toldCount;

    /// <summary>The loop that tells; completed while nothing changes.</summary>
    public Task Telling { get; private set; } = Task.CompletedTask;

    /// <summary>The number of the last notice; 0 for none.</summary>
    public long Told { get; private set; }

    /// <summary>A user came or went.</summary>
    public void Changed(string user, bool here)
    {
        _nameless |= count() > options.NamedAttendance;
        if (_nameless)
        {
            _changes.Clear();
        }
        else if (!_changes.Remove(user))
        {
            // Comings and goings of one user alternate, so what was there already is the opposite, and the two cancel out.
            _changes[user] = here;
        }

        Recount();
    }

    /// <summary>The count may have changed for a reason that nobody needs to be told by name.</summary>
    public void Recount()
    {
        _changed.TrySetResult();
        if (Telling.IsCompleted)
        {
            Telling = TellAsync();
        }
    }

    /// <summary>The notices after a number, ascending; where they are not kept any more, one without names.</summary>
    public IEnumerable<AttendanceNotice> After(long number)
        => number >= Told ? []
            : _kept.Peek().Number > number + 1 ? [Recap()]
            : _kept.Where(notice => notice.Number > number);

    private async Task TellAsync()
    {
        // What one call brings is one notice.
        await Task.Yield();
        do
        {
            _changed = new();
            while (!stopping.IsCancellationRequested && (_changes.Count > 0 || count() != _toldCount))
            {
                var nameless = _nameless;
                Tell();
                await WaitAsync(Task.Delay(TimeSpan.FromMilliseconds(nameless ? options.CountMs : options.AttendanceMs), time, stopping));
            }

            _nameless = false;
            await WaitAsync(_changed.Task.WaitAsync(TimeSpan.FromMilliseconds(options.NoticeRecapMs), time, stopping));
        }
        while (_changed.Task.IsCompleted && !stopping.IsCancellationRequested);

        if (!stopping.IsCancellationRequested)
        {
            tell(Recap());
        }
    }

    private void Tell()
    {
        string[] came = [.. _changes.Where(change => change.Value).Select(change => change.Key)];
        string[] went = [.. _changes.Where(change => !change.Value).Select(change => change.Key)];
        _changes.Clear();
        _nameless = false;
        _toldCount = count();
        var notice = new AttendanceNotice(++Told, came, went, _toldCount);
        _kept.Enqueue(notice);
        if (_kept.Count > options.NoticesKept)
        {
            _kept.Dequeue();
        }

        tell(notice);
    }

    private AttendanceNotice Recap() => new(Told, [], [], _toldCount);

    private static async Task WaitAsync(Task waiting)
        => await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}

/// <summary>Who came and went since the notice before.</summary>
/// <param name="Number">From 1; dense.</param>
/// <param name="Count">Users attached then.</param>
internal sealed record AttendanceNotice(long Number, string[] Came, string[] Went, int Count);
