using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>What a client asks beside the commands: pages of the past, and who is here. One at a time.</summary>
internal sealed partial class Session
{
    private async Task PageAsync(History history)
    {
        var room = RoomNames.KeyOf(history.Room, user);

        // Sequences are dense, so every way to ask for a page is a place to start and a number to read.
        var (after, limit) = history switch
        {
            { After: { } seq } => (seq, history.Limit),
            { Before: { } seq } => (Math.Max(0, seq - 1 - history.Limit), (int)Math.Min(history.Limit, Math.Max(0, seq - 1))),
            { Around: { } seq } => (Math.Max(0, seq - 1 - (history.Limit / 2)), history.Limit),
            _ => (-(long)history.Limit, history.Limit),
        };
        var page = limit == 0 ? new([], 0, null) : await ports.Rooms.PageAsync(room, user, after, limit);
        if (history.After is null && page is { Refusal: null, Events.Length: 0, Head: > 0 })
        {
            // Before or around something beyond the head is the newest there is.
            page = await ports.Rooms.PageAsync(room, user, -limit, limit);
        }

        if (page.Refusal is { } refusal)
        {
            Answer(Frames.Error(history.Id, refusal));
            return;
        }

        var events = page.Events;
        var (first, last) = events.Length == 0 ? (0L, 0L) : (events[0].Seq, events[^1].Seq);
        var more = history.After is null ? first > 1 : last > 0 && last < page.Head;
        Answer(
            new Page(
                history.Id, history.Room, [.. events.Select(happened => Frames.Event(happened, history.Room, happened.From == user)).OfType<ChatEvent>()], first, last, more),
            FormatOf(history.Room));
    }

    private async Task WhoAsync(Who who)
    {
        var attendance = await ports.Rooms.WhoAsync(RoomNames.KeyOf(who.Room, user), user, ports.Options.WhoNames);
        Answer(
            attendance.Refusal is { } refusal ? Frames.Error(who.Id, refusal) : new WhoIs(who.Id, who.Room, attendance.Count, attendance.Users),
            FormatOf(who.Room));
    }

    /// <summary>
    /// Asks a question once the one before it is answered and the answers are being read: a page can be large, and what waits for one
    /// connection is bounded. Other commands do not wait for it.
    /// </summary>
    private async ValueTask AskAsync(string? commandId, Func<Task> question)
    {
        await _question;
        await wire.Outbox.AnswersFitAsync(wire.Gone);
        _question = AnswerAsync(commandId, question);
    }

    /// <summary>A question and its answer. Its failure is answered too.</summary>
    private async Task AnswerAsync(string? commandId, Func<Task> question)
    {
        try
        {
            await question();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Answer(new Err(commandId, ErrorCode.Unavailable, "the cluster cannot be reached just now", 1000));
        }
    }
}
