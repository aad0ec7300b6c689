using System.Globalization;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The key of a room's grain and of its rows in the log. The key of a named room is its name, which never starts with
/// <c>@</c>. If the server chose the name, it begins with <c>~</c>. The key of a direct conversation is the ordinally
/// sorted pair of its two users, each preceded by its length in UTF-16 units: <c>@5:alice3:bob</c>.
/// </summary>
public static class RoomKey
{
    /// <summary>
    /// Returns the key of a direct conversation. The order of the users does not matter. If both are the same user, the
    /// key belongs to the user's own notes.
    /// </summary>
    public static string Direct(string one, string other)
    {
        var (first, second) = string.CompareOrdinal(one, other) <= 0 ? (one, other) : (other, one);
        return string.Create(CultureInfo.InvariantCulture, $"@{first.Length}:{first}{second.Length}:{second}");
    }

    /// <summary>
    /// Whether the server chose the name of the group. Such a group is always private, and strangers cannot know that
    /// it exists. A group with another name can be private too (<see cref="RoomSettings.Private"/>).
    /// </summary>
    public static bool IsPrivate(string key) => key.StartsWith('~');

    /// <summary>Whether the key belongs to a direct conversation. The key may still be malformed.</summary>
    public static bool IsDirect(string key) => key.StartsWith('@');

    /// <summary>
    /// Returns the two users of a direct conversation, or null for a named room. Throws <see cref="FormatException"/>
    /// for a malformed key.
    /// </summary>
    public static (string First, string Second)? People(string key)
    {
        if (!IsDirect(key))
        {
            return null;
        }

        var rest = key.AsSpan(1);
        var first = Take(ref rest);
        var second = Take(ref rest);
        return rest.IsEmpty ? (first, second) : throw new FormatException($"'{key}' is not a room key.");

        string Take(ref ReadOnlySpan<char> from)
        {
            var colon = from.IndexOf(':');
            if (colon < 1 || !int.TryParse(from[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length > from.Length - colon - 1)
            {
                throw new FormatException($"'{key}' is not a room key.");
            }

            var taken = from.Slice(colon + 1, length).ToString();
            from = from[(colon + 1 + length)..];
            return taken;
        }
    }

    /// <summary>
    /// Returns the other user of a direct conversation; null if <paramref name="user"/> is not in the conversation, or
    /// if the room is not direct. Throws <see cref="FormatException"/> for a malformed key.
    /// </summary>
    public static string? Peer(string key, string user) => People(key) switch
    {
        var (first, second) when first == user => second,
        var (first, second) when second == user => first,
        _ => null,
    };
}
