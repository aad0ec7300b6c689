namespace OrleansChat.Grains.Log;

/// <summary>
/// Refuses what no store may be handed, before it shares a commit with others: PostgreSQL cannot store U+0000, and text that is not
/// valid UTF-16 has no UTF-8 form. The same answer on every store, so that moving between them loses nothing.
/// </summary>
internal static class AppendCheck
{
    /// <summary>Throws <see cref="LogEntryException"/> naming the entry and the field.</summary>
    public static void ThrowIfNotStorable(RoomAppend append)
    {
        if (append.Entries.Count == 0)
        {
            throw new LogEntryException("An append carries at least one entry.");
        }

        Check(append.Room, "room", 0);
        var ids = append.Entries.Count > 1 ? new HashSet<(string User, string ClientId)>(append.Entries.Count) : null;
        for (var i = 0; i < append.Entries.Count; i++)
        {
            var entry = append.Entries[i];
            Check(entry, i);
            if (entry.ClientId is not null && ids?.Add((entry.User, entry.ClientId)) == false)
            {
                throw new LogEntryException($"Entry {i} repeats the client id of an earlier entry of the same append.");
            }
        }
    }

    /// <summary>The same for one entry of an append that is still to be made.</summary>
    public static void ThrowIfNotStorable(string room, LogEntry entry)
    {
        Check(room, "room", 0);
        Check(entry, 0);
    }

    private static void Check(LogEntry entry, int number)
    {
        Check(entry.User, "user", number);
        Check(entry.ClientId, "client id", number);
        Check(entry.Text, "text", number);
        Check(entry.Meta, "meta", number);
    }

    private static void Check(string? value, string field, int entry)
    {
        if (value is not null && (value.Contains('\0') || !IsUtf16(value)))
        {
            throw new LogEntryException($"The {field} of entry {entry} holds U+0000 or half of a surrogate pair.");
        }
    }

    private static bool IsUtf16(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAnyInRange('\uD800', '\uDFFF') is var at and >= 0)
        {
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                return false;
            }

            text = text[(at + 2)..];
        }

        return true;
    }
}
