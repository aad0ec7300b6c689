using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Rooms;

/// <summary>Who is in the room: attached by gateway, told to the others, and gone with their gateway.</summary>
internal sealed partial class RoomGrain
{
    public async Task<Attended> AttendAsync(string gateway, string[] users, NoticeMark heard, long number)
    {
        _calls.Came(gateway, number);
        try
        {
            if (await KnowAsync(create: null))
            {
                if (await IsSupersededAsync())
                {
                    StepDown([]);
                    throw new IOException("The room is moving.");
                }

                if (!_calls.IsOvertaken(gateway, number))
                {
                    Attend(gateway, users);
                }
            }
        }
        catch (LogUnavailableException)
        {
            // A type that the gateway has too.
            throw new IOException("The message log cannot be reached.");
        }

        return new Attended(new RoomHead(_room, _head, ClaimNumber), NoticesAfter(heard));
    }

    public async Task<Attendance> WhoAsync(string user, int most)
    {
        try
        {
            var refusal = MayNot(user) ?? (!await KnowAsync(create: null) ? Refusals.NoRoom : MayNotRead(user));
            return refusal is not null
                ? new Attendance(0, null, refusal.Reason)
                : new Attendance(_attached.Count, _attached.Count > most ? null : [.. _attached.Users], null);
        }
        catch (LogUnavailableException)
        {
            return new Attendance(0, null, Refusal.Unavailable);
        }
    }

    public Task TypingAsync(string user)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (IsHere(user) && now - _typed.GetValueOrDefault(user) >= _options.TypingMs)
        {
            if (_typed.Count >= 256)
            {
                foreach (var (other, at) in _typed)
                {
                    if (now - at >= _options.TypingMs)
                    {
                        _typed.Remove(other);
                    }
                }
            }

            _typed[user] = now;
            _publisher.Publish(new RoomTyping(_room, user));
        }

        return Task.CompletedTask;
    }

    public Task GatewayGoneAsync(string gateway)
    {
        _watch.Learn(gateway);
        foreach (var user in _attached.On(gateway).ToArray())
        {
            Detach(gateway, user);
        }

        return Task.CompletedTask;
    }

    private void Attend(string gateway, string[] users)
    {
        if (_steppedDown || _watch.IsGone(gateway))
        {
            return;
        }

        // The first time, those who come were mostly here before, with an activation that this one knows nothing of: they are counted, and
        // nobody is told that they "came". Whoever is really new came by an enter.
        var byName = !_attended.Add(gateway);
        var wanted = users.Where(user => MayNot(user) is null && (_claim!.Kind == RoomKind.Channel || _membership.Contains(user))).ToHashSet();
        foreach (var user in _attached.On(gateway).Where(user => !wanted.Contains(user)).ToArray())
        {
            Detach(gateway, user);
        }

        foreach (var user in wanted)
        {
            Attach(gateway, user, byName);
        }

        if (wanted.Count == 0)
        {
            _attended.Remove(gateway);
        }
    }

    private void Attach(string gateway, string user, bool byName)
    {
        if (!_attached.HasGateway(gateway))
        {
            // A room with somebody in it stays: who is attached is known nowhere else.
            DelayDeactivation(Timeout.InfiniteTimeSpan);
            _publisher.Attach(gateway);
            _watch.Note(gateway, this.GetGrainId(), this.AsReference<IRoomGrain>().GatewayGoneAsync);
        }

        if (!_attached.Add(gateway, user))
        {
            return;
        }

        _instruments.Attached.Add(1);
        if (byName)
        {
            _notices.Changed(user, here: true);
        }
        else
        {
            _notices.Recount();
        }
    }

    private void Detach(string gateway, string user)
    {
        var gone = _attached.Remove(gateway, user);
        if (!_attached.HasGateway(gateway))
        {
            _attended.Remove(gateway);
            _publisher.Detach(gateway);
            _watch.Forget(gateway, this.GetGrainId());
        }

        if (gone)
        {
            _instruments.Attached.Add(-1);
            _typed.Remove(user);
            _marks.Forget(user);
            _notices.Changed(user, here: false);
        }

        if (_attached.Count == 0)
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private void TellAttendance(AttendanceNotice notice) => _publisher.Publish(Of(notice));

    private RoomAttendance[] NoticesAfter(NoticeMark heard)
        => [.. _notices.After(heard.Activation == _activation ? heard.Number : 0).Select(Of)];

    private RoomAttendance Of(AttendanceNotice notice) => new(_room, new(_activation, notice.Number), notice.Came, notice.Went, notice.Count);
}
