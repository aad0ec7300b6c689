namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Joins comings and goings together. The first one is told at once; while they keep coming, the rest is told at intervals. Who comes and
/// goes within one interval is not told at all. Where many are in the room, the count alone is told. Runs in the room's turns.
/// </summary>
/// <param name="count">Users attached now.</param>
/// <param name="tell">Publishes who came, who went, and the count.</param>
internal sealed class AttendanceNotices(
    RoomOptions options, TimeProvider time, Func<int> count, Action<string[], string[], int> tell, CancellationToken stopping)
{
    private readonly Dictionary<string, bool> _changes = [];
    private bool _nameless;
    private int _told;

    /// <summary>The loop that tells; completed while nothing changes.</summary>
    public Task Telling { get; private set; } = Task.CompletedTask;

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
        if (Telling.IsCompleted)
        {
            Telling = TellAsync();
        }
    }

    private async Task TellAsync()
    {
        // What one call brings is one notice.
        await Task.Yield();
        while (!stopping.IsCancellationRequested && (_changes.Count > 0 || count() != _told))
        {
            var nameless = _nameless;
            string[] came = [.. _changes.Where(change => change.Value).Select(change => change.Key)];
            string[] went = [.. _changes.Where(change => !change.Value).Select(change => change.Key)];
            _changes.Clear();
            _nameless = false;
            _told = count();
            tell(came, went, _told);
            await Task.Delay(TimeSpan.FromMilliseconds(nameless ? options.CountMs : options.AttendanceMs), time, stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        _nameless = false;
    }
}
