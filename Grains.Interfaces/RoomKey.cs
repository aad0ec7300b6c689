using System.Globalization;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The key of a room's grain and of its rows in the log. A named room's key is its name. A direct conversation's is the sorted
/// (ordinal) pair of its two people, each with its length in UTF-16 units: <c>@5:alice3:bob</c>; a named room never starts with <c>@</c>.
/// </summary>
public static class RoomKey
{
    /// <summary>The key of a direct conversation; the same for both sides, and for one person alone a place for notes.</summary>
    public static string Direct(string one, string other)
    {
        var (first, second) = string.CompareOrdinal(one, other) <= 0 ? (one, other) : (other, one);
        return string.Create(CultureInfo.InvariantCulture, $"@{first.Length}:{first}{second.Length}:{second}");
    }

    /// <summary>True for the key of a direct conversation.</summary>
    public static bool IsDirect(string key) => key.StartsWith('@');

    /// <summary>The two people of a direct conversation, or null for a named room. Throws <see cref="FormatException"/> for a malformed key.</summary>
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

    /// <summary>The other one of a direct conversation, as seen by <paramref name="user"/>; null where it is not theirs or not direct.</summary>
    public static string? Peer(string key, string user) => People(key) switch
    {
        var (first, second) when first == user => second,
        var (first, second) when second == user => first,
        _ => null,
    };
}
