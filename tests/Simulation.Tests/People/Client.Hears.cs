using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;
using OrleansChat.Simulation.Tests.Parts;

namespace OrleansChat.Simulation.Tests.People;

/// <summary>How a client handles frames, and what it checks in them.</summary>
internal sealed partial class Client
{
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
                _world.Tell?.Invoke($"{Node.Name} receives bye {bye.Code}");
                break;
        }
    }

    private void Entered(RoomView view, Joined joined)
    {
        _world.Tell?.Invoke($"{Node.Name} has joined {joined.Room} after {joined.After}, head {joined.Seq}{(joined.Reset ? ", reset" : "")}");
        var head = _world.Database.Head(view.Key).Seq;
        Expect(joined.Seq <= head, $"receives head {joined.Seq} of {view.Name}, but the log has head {head}");
        Expect(view.Epoch is null or UncreatedRoom.Epoch || view.Epoch == joined.Epoch, $"receives an epoch of {view.Name} that differs from the last one");
        Expect(joined.Epoch != UncreatedRoom.Epoch || (view.Kind is null && joined.Seq == 0), $"receives joined for {view.Name} with the epoch that means 'not created', and with head {joined.Seq}");
        Expect(!joined.Reset, $"receives a reset of {view.Name}: its cursor was {view.AskedAfter}, the joined frame has head {joined.Seq}, and the log has head {head}");
        (view.Epoch, view.Head) = (joined.Epoch, joined.Seq);
        if (view.Place == Place.Joining && view.JoinId == joined.Id)
        {
            Expect(joined.After == (view.AskedAfter ?? joined.Seq), $"joins {view.Name} after {view.AskedAfter}, but the joined frame has after {joined.After} and head {joined.Seq}");
            view.Place = Place.In;
            view.Cursor = joined.After;
            Pump(view);
        }
        else if (joined.Id is null)
        {
            // The session joined the room because of a notification.
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
        _world.Tell?.Invoke($"{Node.Name} receives event {happened.Seq} of {view.Name}");
        Expect(view.Place != Place.Out, $"receives event {happened.Seq} of {view.Name}, but has not joined the room");
        Expect(happened.Seq == view.Cursor + 1, $"receives event {happened.Seq} of {view.Name}, but its cursor is {view.Cursor}");
        view.Cursor = happened.Seq;
        var stored = _world.Database.Event(view.Key, happened.Seq);
        Expect(
            stored is not null && stored.From == happened.From && IsShownAs(stored.Kind, happened.Kind) && stored.Ts == happened.Ts
            && (happened.Id is null || happened.Id == stored.ClientId) && (happened.From == User || happened.Id is null)
            && (stored.Edited || stored.Text is null || MemberChange.Is(stored.Kind) || stored.Text == happened.Text),
            $"receives event {happened.Seq} of {view.Name} from {happened.From}, but the log has {stored}");
        if (happened.Kind == EventKind.Msg)
        {
            view.Message = happened.Seq;
        }

        if (happened.Kind == EventKind.Leave && happened.From == User && happened.Seq > view.Head && view.Place != Place.Joining)
        {
            Out(view);
        }
    }

    /// <summary>
    /// Whether clients must receive an event of the kind <paramref name="stored"/> as an event of the kind
    /// <paramref name="shown"/>. If the protocol has no word for the stored kind, clients receive
    /// <see cref="EventKind.Other"/>.
    /// </summary>
    private static bool IsShownAs(RoomEventKind stored, EventKind shown) =>
        shown.ToString() == (Enum.GetNames<EventKind>().Contains(stored.ToString()) ? stored.ToString() : nameof(EventKind.Other));

    private void Missed(RoomView view, Gap gap)
    {
        _world.Tell?.Invoke($"{Node.Name} receives a gap of {view.Name} {gap.From}-{gap.To}");
        var head = _world.Database.Head(view.Key).Seq;
        var told = Math.Min(_world.Knobs.Sessions.MaxLagEvents, _world.Knobs.Limits.ReplayEvents);
        Expect(view.Place != Place.Out && gap.From == view.Cursor + 1 && gap.To >= gap.From, $"receives a gap of {view.Name} {gap.From}-{gap.To} in the state {view.Place} with cursor {view.Cursor}");
        Expect(gap.To <= head - told, $"receives a gap of {view.Name} {gap.From}-{gap.To}, but the head is {head} and the newest {told} events must not be in a gap");
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

    /// <summary>Ends a leave. If the client has joined again meanwhile, it stays in the room.</summary>
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
        _world.Tell?.Invoke($"{Node.Name} receives ok {ok.Id} with sequence {ok.Seq}{(ok.Dup ? ", dup" : "")}");
        var stored = _world.Database.Event(view.Key, ok.Seq!.Value);
        Expect(stored is not null && stored.From == User && stored.ClientId == ok.Id && stored.Ts == ok.Ts, $"receives ok {ok.Id} with sequence {ok.Seq}, but the log has {stored}");
        Expect(sent.Seq is null || sent.Seq == ok.Seq, $"receives ok {ok.Id} with sequence {ok.Seq}, but received it with {sent.Seq} before");
        Expect(ok.Dup || !sent.First, $"receives a second ok without dup for {ok.Id}");
        if (!ok.Dup || sent.Tries == 1)
        {
            foreach (var (when, seq) in view.Stored)
            {
                Expect(when < sent.Sent == seq < ok.Seq, $"sent {ok.Id} at position {sent.Sent} to {view.Name} and got sequence {ok.Seq}, but its send at position {when} got sequence {seq}");
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
        _world.Tell?.Invoke($"{Node.Name} receives err {err.Id} {err.Room}: {err.Code} {err.Message}");
        if (err.Room == Nowhere)
        {
            Expect(err.Code == ChatErrorCode.NotFound == (err.Retry is null), $"receives {err.Code} with retry '{err.Retry}' for a room that does not exist");
            return;
        }

        var wait = TimeSpan.FromMilliseconds(err.Retry ?? 100);
        foreach (var view in _rooms.Values)
        {
            if (view.Place == Place.Joining && (err.Id is null ? view.JoinId is null && err.Room == view.Name : view.JoinId == err.Id))
            {
                view.Place = Place.Out;
                if (err.Code == ChatErrorCode.NotMember && view.Kind == "group")
                {
                    Out(view);
                    return;
                }

                Expect(err.Retry is not null, $"cannot join {view.Name}: {err.Code} {err.Message}");
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
                if (view is { LeavesForGood: true, Place: Place.Leaving } && err.Code != ChatErrorCode.NotMember)
                {
                    // The leave was refused, so the session stays in the room. If the membership has ended
                    // nevertheless, the leave event shows it.
                    (view.LeaveId, view.Wanted, view.Place) = (null, true, Place.In);
                    Pump(view);
                    return;
                }

                Left(view);
                return;
            }

            if (err.Id is null && err.Room == view.Name && err.Code == ChatErrorCode.NotMember)
            {
                // A leave on another connection ended the membership.
                Expect(view.Kind == "group", $"receives not_member for the channel {view.Name}");
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
            var known = err.Code is ChatErrorCode.Gone && sent.Send.Ref is not null;
            var left = err.Code is ChatErrorCode.NotMember && (view.Kind == "group" || view.Place != Place.In);
            Expect(known || left, $"cannot send {sent.Send.Id} to {view.Name}: {err.Code} {err.Message}");
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
