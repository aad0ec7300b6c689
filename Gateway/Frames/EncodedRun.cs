using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Frames;

/// <summary>
/// Consecutive events of one room, encoded as one WebSocket frame. The frames of a server are not masked, so viewers
/// with equal views get the same bytes. The cost of queueing a run does not depend on the number of its events.
/// </summary>
/// <param name="events">At least one event. The sequences are consecutive.</param>
internal sealed class EncodedRun(IReadOnlyList<EncodedEvent> events)
{
    /// <summary>Up to this number of events, a linear search for a sender is faster than a set.</summary>
    private const int Few = 8;

    private readonly EncodingCache _encodings = new();
    private readonly HashSet<string>? _senders = events.Count > Few ? [.. events.Select(one => one.Event.From)] : null;

    public IReadOnlyList<EncodedEvent> Events => events;

    public long First => events[0].Event.Seq;

    public long Last => events[^1].Event.Seq;

    /// <summary>
    /// Returns a run of the events after a sequence. This is a separate method, because its lambda captures a variable:
    /// if the lambda were in the caller, every delivery would allocate a closure.
    /// </summary>
    public EncodedRun After(long seq) => new([.. events.SkipWhile(happened => happened.Event.Seq <= seq)]);

    /// <summary>
    /// Returns the frame for a view. Returns no bytes if the view shows none of these events.
    /// </summary>
    public ReadOnlyMemory<byte> For(RenderKey view) => view.Format.MarksOwn && IsOf(view.User)
        ? Encode(view)
        : _encodings.Get(this, view, own: false, static (run, view, _) => run.Encode(view));

    /// <summary>True if the user sent one of the events.</summary>
    private bool IsOf(string user)
    {
        if (_senders is not null)
        {
            return _senders.Contains(user);
        }

        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].Event.From == user)
            {
                return true;
            }
        }

        return false;
    }

    private byte[] Encode(RenderKey view)
    {
        var lines = new ReadOnlyMemory<byte>[events.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = events[i].For(view);
        }

        return view.Deflated ? WebSocketFrames.DeflatedText(lines) : WebSocketFrames.Text(lines);
    }
}
