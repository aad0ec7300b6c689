using System.Buffers;
using OrleansChat.Gateway.Connections;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Consecutive events of one room as one frame. A server's frames carry no mask, so the same bytes are for everybody who sees
/// the room the same way: handing a run to a connection costs the same whatever it holds.
/// </summary>
/// <param name="events">At least one; dense.</param>
internal sealed class EncodedRun(IReadOnlyList<EncodedEvent> events)
{
    /// <summary>Events in which a sender is sooner looked for than looked up.</summary>
    private const int Few = 8;

    private readonly Encodings _encodings = new();
    private readonly HashSet<string>? _senders = events.Count > Few ? [.. events.Select(one => one.Event.From)] : null;

    /// <summary>The events.</summary>
    public IReadOnlyList<EncodedEvent> Events => events;

    /// <summary>The first one's sequence.</summary>
    public long First => events[0].Event.Seq;

    /// <summary>The last one's sequence.</summary>
    public long Last => events[^1].Event.Seq;

    /// <summary>The events after a sequence. Not written where it is needed: a lambda there would cost every hand-over its closure.</summary>
    public EncodedRun After(long seq) => new([.. events.SkipWhile(happened => happened.Event.Seq <= seq)]);

    /// <summary>The frame for a view; empty where that view shows nothing of these events.</summary>
    public ReadOnlyMemory<byte> For(View view) => view.Format.TellsOwn && IsOf(view.User)
        ? Encode(view)
        : _encodings.Get(this, view, own: false, static (run, view, _) => run.Encode(view));

    /// <summary>Whether the user sent one of them.</summary>
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

    private byte[] Encode(View view)
    {
        var lines = new ReadOnlyMemory<byte>[events.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = events[i].For(view);
        }

        return view.Deflated ? WebSocketFrames.DeflatedText(lines) : WebSocketFrames.Text(lines);
    }
}
