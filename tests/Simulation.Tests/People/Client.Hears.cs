using OrleansChat.Protocol;
using OrleansChat.Simulation.Tests.Parts;

namespace OrleansChat.Simulation.Tests.People;

/// <summary>What a client makes of what it is told, and what it holds against it.</summary>
internal sealed partial class Client
{
    /// <summary>The server says something.</summary>
    public void Hear(Socket socket, ServerFrame frame)
    {
        if (socket != _socket)
        {
            return;
        }

        switch (frame)
        {
            case Welcome:
                _welcome = true;
                foreach (var view in _rooms.Values.Where(view => view is { Wanted: true, Place: Place.Out }))
                {
                    AskIn(view);
                }

                break;
            case Joined joined:
                Entered(_rooms[joined.Room], joined);
                break;
            case ChatEvent happened:
                Happened(_rooms[happened.Room], happened);
                break;
            case Gap gap:
                Missed(_rooms[gap.Room], gap);
                break;
            case Ok ok:
                Done(ok);
                break;
            case Err err:
                Failed(err);
                break;
            case Bye bye:
                _world.Tell?.Invoke($"{Node.Name} hears {bye.Code}");
                break;
        }
    }

    private void Entered(RoomView view, Joined joined)
    {
        _world.Tell?.Invoke($"{Node.Name} is in {joined.Room} after {joined.After} of {joined.Seq}{(joined.Reset ? ", reset" : "")}");
        var head = _world.Database.Head(view.Name).Seq;
        Expect(joined.Seq <= head, $"is told head {joined.Seq} of {view.Name}, which is at {head}");
        Expect(view.Epoch is null || view.Epoch == joined.Epoch, $"is told another epoch of {view.Name}");
        Expect(!joined.Reset, $"is told to forget {view.Name}: its cursor was {view.AskedAfter}, the head told is {joined.Seq}, the head is {head}");
        (view.Epoch, view.Head) = (joined.Epoch, joined.Seq);
        if (view.Place == Place.Joining && view.JoinId == joined.Id)
        {
            Expect(joined.After == (view.AskedAfter ?? joined.Seq), $"asked for {view.Name} after {view.AskedAfter} and is in after {joined.After} of {joined.Seq}");
            view.Place = Place.In;
            view.Cursor = joined.After;
            Pump(view);
        }
        else if (joined.Id is null)
        {
            // A bell brought it in.
            view.Cursor = joined.After;
            if (view.Place == Place.Out)
            {
                (view.Wanted, view.Place) = view.LeaveId is null ? (true, Place.In) : (false, Place.Leaving);
                Pump(view);
            }
        }
    }

    private void Happened(RoomView view, ChatEvent happened)
    {
        _world.Tell?.Invoke($"{Node.Name} sees {view.Name} {happened.Seq}");
        Expect(view.Place != Place.Out, $"sees {view.Name} {happened.Seq} without being in");
        Expect(happened.Seq == view.Cursor + 1, $"sees {view.Name} {happened.Seq} after {view.Cursor}");
        view.Cursor = happened.Seq;
        var stored = _world.Database.Event(view.Name, happened.Seq);
        Expect(
            stored is not null && stored.From == happened.From && (int)stored.Kind == (int)happened.Kind && stored.Ts == happened.Ts
            && (happened.Id is null || happened.Id == stored.ClientId) && (happened.From == User || happened.Id is null)
            && (stored.Edited || stored.Text is null || stored.Text == happened.Text),
            $"sees {view.Name} {happened.Seq} of {happened.From}, where the log has {stored}");
        if (happened.Kind == EventKind.Msg)
        {
            view.Message = happened.Seq;
        }

        if (happened.Kind == EventKind.Leave && happened.From == User && happened.Seq > view.Head && view.Place != Place.Joining)
        {
            Out(view);
        }
    }

    private void Missed(RoomView view, Gap gap)
    {
        _world.Tell?.Invoke($"{Node.Name} has a gap of {view.Name} {gap.From}-{gap.To}");
        var head = _world.Database.Head(view.Name).Seq;
        var told = Math.Min(_world.Knobs.Lag.MaxEvents, _world.Knobs.Limits.ReplayEvents);
        Expect(view.Place != Place.Out && gap.From == view.Cursor + 1 && gap.To >= gap.From, $"has a gap of {view.Name} {gap.From}-{gap.To} after {view.Cursor}");
        Expect(gap.To <= head - told, $"has a gap of {view.Name} {gap.From}-{gap.To}, though the head is {head} and {told} events are always told");
        view.Cursor = gap.To;
        _world.Gaps++;
    }

    private void Done(Ok ok)
    {
        foreach (var view in _rooms.Values)
        {
            if (view.LeaveId is not null && view.LeaveId == ok.Id)
            {
                Left(view);
                return;
            }

            if (view.InFlight.Find(one => one.Send.Id == ok.Id) is { } sent)
            {
                view.InFlight.Remove(sent);
                Stored(view, sent, ok);
                Pump(view);
                return;
            }
        }
    }

    /// <summary>What it left, unless it has asked to be in again.</summary>
    private static void Left(RoomView view)
    {
        view.LeaveId = null;
        if (view.Place == Place.Leaving)
        {
            Out(view);
        }
    }

    private void Stored(RoomView view, Outgoing sent, Ok ok)
    {
        _world.Tell?.Invoke($"{Node.Name} hears ok {ok.Id} = {ok.Seq}{(ok.Dup ? ", dup" : "")}");
        var stored = _world.Database.Event(view.Name, ok.Seq!.Value);
        Expect(stored is not null && stored.From == User && stored.ClientId == ok.Id && stored.Ts == ok.Ts, $"hears ok {ok.Id} = {ok.Seq}, where the log has {stored}");
        Expect(sent.Seq is null || sent.Seq == ok.Seq, $"hears ok {ok.Id} = {ok.Seq}, and heard {sent.Seq} before");
        Expect(ok.Dup || !sent.First, $"hears twice that {ok.Id} was stored just now");
        if (!ok.Dup || sent.Tries == 1)
        {
            foreach (var (when, seq) in view.Stored)
            {
                Expect(when < sent.Sent == seq < ok.Seq, $"sent {ok.Id} as its {sent.Sent}. to {view.Name} and it became {ok.Seq}, while its {when}. became {seq}");
            }

            view.Stored.Add((sent.Sent, ok.Seq.Value));
        }

        sent.First |= !ok.Dup;
        sent.Seq = ok.Seq;
        if (sent.Send.Kind == EventKind.Msg && !view.Own.Contains(ok.Seq.Value))
        {
            view.Own.Add(ok.Seq.Value);
        }
    }

    private void Failed(Err err)
    {
        _world.Tell?.Invoke($"{Node.Name} hears err {err.Id} {err.Room}: {err.Code} {err.Message}");
        var wait = TimeSpan.FromMilliseconds(err.Retry ?? 100);
        foreach (var view in _rooms.Values)
        {
            if (view.Place == Place.Joining && (err.Id is null ? view.JoinId is null && err.Room == view.Name : view.JoinId == err.Id))
            {
                view.Place = Place.Out;
                if (err.Code == ErrorCode.NotMember && view.Kind == "group")
                {
                    Out(view);
                    return;
                }

                Expect(err.Retry is not null, $"may not come into {view.Name}: {err.Code} {err.Message}");
                AfterOnThisConnection(wait, () =>
                {
                    if (view is { Wanted: true, Place: Place.Out })
                    {
                        AskIn(view);
                    }
                });
                return;
            }

            if (view.LeaveId is not null && view.LeaveId == err.Id)
            {
                Left(view);
                return;
            }

            if (err.Id is null && err.Room == view.Name && err.Code == ErrorCode.NotMember)
            {
                // Its membership ended elsewhere.
                Expect(view.Kind == "group", $"is not in the channel {view.Name} any more");
                if (view.Place != Place.Joining)
                {
                    Out(view);
                }

                return;
            }

            if (view.InFlight.Find(one => one.Send.Id == err.Id) is { } sent)
            {
                Refused(view, sent, err, wait);
                return;
            }
        }
    }

    private void Refused(RoomView view, Outgoing sent, Err err, TimeSpan wait)
    {
        if (err.Retry is null)
        {
            var known = err.Code is ErrorCode.Gone && sent.Send.Ref is not null;
            var left = err.Code is ErrorCode.NotMember && (view.Kind == "group" || view.Place != Place.In);
            Expect(known || left, $"may not send {sent.Send.Id} to {view.Name}: {err.Code} {err.Message}");
            view.InFlight.Remove(sent);
            sent.Refused++;
            Pump(view);
            return;
        }

        AfterOnThisConnection(wait, () =>
        {
            if (view.InFlight.Remove(sent))
            {
                view.Waiting.Insert(0, sent);
                Pump(view);
            }
        });
    }
}
