using System.Text.Json;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// Refuses entries that a store cannot keep, before they share a commit with other entries. PostgreSQL cannot store
/// U+0000. Text that is not valid UTF-16 has no UTF-8 form. All stores refuse the same entries, so a log can be moved
/// between stores without loss.
/// </summary>
internal static class AppendCheck
{
    /// <summary>
    /// Throws <see cref="MessageLogEntryException"/> if the append cannot be stored. The exception's message names the
    /// entry by its index. The reasons are:
    /// <list type="bullet">
    /// <item>The append has no entries and creates no room.</item>
    /// <item>Two entries have the same user and client id.</item>
    /// <item>A change of rights, settings, links or pins is incomplete.</item>
    /// <item>An event that is not a message has mentions.</item>
    /// <item>A change of rights, links or pins is not the only entry (<see cref="RoomRules.IsAlone"/>).</item>
    /// <item>A field cannot be stored. The message also names this field.</item>
    /// </list>
    /// </summary>
    public static void ThrowIfNotStorable(RoomAppend append)
    {
        if (append.Entries.Count == 0 && append.Create is null)
        {
            throw new MessageLogEntryException("An append must have at least one entry.");
        }

        Check(append.Room, "room", 0);
        var ids = append.Entries.Count > 1 ? new HashSet<(string User, string ClientId)>(append.Entries.Count) : null;
        for (var i = 0; i < append.Entries.Count; i++)
        {
            var entry = append.Entries[i];
            Check(entry, i);
            if (append.Entries.Count > 1 && RoomRules.IsAlone(entry.Kind))
            {
                throw new MessageLogEntryException($"Entry {i} changes rights, links or pins, so it must be the only entry of its append.");
            }

            if (entry.ClientId is not null && ids?.Add((entry.User, entry.ClientId)) == false)
            {
                throw new MessageLogEntryException($"Entry {i} repeats the client id of an earlier entry of the same append.");
            }
        }
    }

    /// <summary>
    /// Throws <see cref="MessageLogEntryException"/> if a field of the entry cannot be stored. This method checks an
    /// entry that is not part of an append yet.
    /// </summary>
    public static void ThrowIfNotStorable(string room, MessageLogEntry entry)
    {
        Check(room, "room", 0);
        Check(entry, 0);
    }

    private static void Check(MessageLogEntry entry, int number)
    {
        Check(entry.User, "user", number);
        Check(entry.ClientId, "client id", number);
        Check(entry.Text, "text", number);
        Check(entry.Meta, "meta", number);
        Check(entry.Mentions, "mentions", number);
        if (entry is { Mentions: not null, Kind: not RoomEventKind.Msg })
        {
            throw new MessageLogEntryException($"Entry {number} has mentions, but is not a message.");
        }

        if (MemberChange.Is(entry.Kind) && !IsChange(entry))
        {
            throw new MessageLogEntryException($"Entry {number} changes a user's rights, but its text or its meta is missing or invalid.");
        }

        if (entry.Kind == RoomEventKind.Settings && RoomSettings.Parse(entry.Meta) is null)
        {
            throw new MessageLogEntryException($"Entry {number} changes the settings, but has no valid settings.");
        }

        if (entry.Kind == RoomEventKind.Link ? LinkTerms.Parse(entry.Meta) is null : entry is { Kind: RoomEventKind.Unlink, Ref: null })
        {
            throw new MessageLogEntryException($"Entry {number} makes a link without valid terms, or ends a link without naming it.");
        }

        if (PinRules.Concerns(entry.Kind) && entry.Ref is null)
        {
            throw new MessageLogEntryException($"Entry {number} pins or unpins a message without naming it.");
        }
    }

    private static bool IsChange(MessageLogEntry entry)
    {
        try
        {
            return MemberChange.Parse(entry.Kind, entry.Text, entry.Meta) is { } change
                && (entry.Kind == RoomEventKind.Role ? change.Role is { } role && Member.Is(role) : change.Role is null);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void Check(string? value, string field, int entry)
    {
        if (value is not null && (value.Contains('\0') || !IsUtf16(value)))
        {
            throw new MessageLogEntryException($"The {field} of entry {entry} has U+0000 or an unpaired surrogate.");
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
