namespace OrleansChat.Load;

/// <summary>
/// Checks what one reader of a room receives. The room has one sender, which numbers its messages from 1. The sequences
/// of the events must be 1, 2, 3 …, and the text of each event must contain its sequence as the message's number. A
/// lost, doubled, reordered or changed event, a <c>gap</c> frame, and an <c>err</c> frame each count as a fault.
/// </summary>
internal sealed class EventCheck
{
    /// <summary>The last sequence that was received.</summary>
    public long Last { get; private set; }

    /// <summary>The number of faults.</summary>
    public long Faults { get; private set; }

    /// <summary>
    /// Checks a line. Returns true if the line is an event. Then <paramref name="due"/> is the timestamp at which the
    /// message was due.
    /// </summary>
    public bool Take(ReadOnlySpan<byte> line, out long due)
    {
        due = 0;
        if (Line.Is(line, "ev"u8))
        {
            var seq = Line.Number(line, "\"seq\":"u8);
            if (!LoadText.TryRead(Line.Text(line), out var number, out due) || number != seq || seq != Last + 1)
            {
                Faults++;
            }

            Last = seq;
            return true;
        }

        if (Line.Is(line, "err"u8) || Line.Is(line, "gap"u8))
        {
            Faults++;
        }

        return false;
    }
}
