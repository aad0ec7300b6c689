using System.Globalization;

namespace OrleansChat.Protocol.Json;

/// <summary>
/// Looks at the escapes of a JSON string before it is read. The stock reader throws where half of a surrogate pair is escaped; one
/// frame could make it throw thousands of times, and each costs as much as many commands.
/// </summary>
internal static class Escapes
{
    /// <summary>True where every escaped surrogate stands with its other half.</summary>
    /// <param name="json">The well-formed inside of a JSON string, in valid UTF-8, which has no surrogates of its own.</param>
    public static bool ArePaired(ReadOnlySpan<byte> json)
    {
        for (var at = json.IndexOf((byte)'\\'); at >= 0; at = Next(json, at))
        {
            var unit = Unit(json[at..]);
            if (char.IsHighSurrogate(unit))
            {
                at += 6;
                if (!char.IsLowSurrogate(Unit(json[at..])))
                {
                    return false;
                }
            }
            else if (char.IsLowSurrogate(unit))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Where the next backslash stands that starts an escape, after the escape that starts here; -1 for nowhere.</summary>
    private static int Next(ReadOnlySpan<byte> json, int at)
    {
        var after = at + 2;
        var next = json[after..].IndexOf((byte)'\\');
        return next < 0 ? -1 : after + next;
    }

    /// <summary>The UTF-16 unit that a <c>\u</c> escape at the start names; U+0000 where there is none.</summary>
    private static char Unit(ReadOnlySpan<byte> json) =>
        json.StartsWith("\\u"u8) && ushort.TryParse(json.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : '\0';
}
