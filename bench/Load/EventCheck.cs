namespace OrleansChat.Load;

/// <summary>
/// Checks what one reader of one room gets, where one sender numbers its messages from 1: each event has to be the next of the room, and its
/// text the message of that number. What is lost, doubled, out of order, or another text is a fault, and so is a gap or an error.
/// </summary>
internal sealed class EventCheck
{
    /// <summary>The last sequence that came.</summary>
    public long Last { get; private set; }

    /// <summary>How much was wrong.</summary>
    public long Faults { get; private set; }

    /// <summary>Looks at a line. True where it is an event, with the timestamp at which it was due.</summary>
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
