using System.Globalization;

namespace OrleansChat.Protocol.Json;

/// <summary>
/// Checks the escapes of a JSON string before it is read. <see cref="System.Text.Json.Utf8JsonReader"/> throws if an
/// escaped surrogate lacks the other half of its pair. Without the check, one frame could cause thousands of
/// exceptions, and each exception costs as much as many commands.
/// </summary>
internal static class Escapes
{
    /// <summary>True if every escaped surrogate is part of a pair.</summary>
    /// <param name="json">
    /// The content of a well-formed JSON string, without the quotes. Because it is valid UTF-8, surrogates occur only
    /// in escapes.
    /// </param>
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

    /// <summary>
    /// The index of the next escape after the one that starts at <paramref name="at"/>; -1 if there is none.
    /// </summary>
    private static int Next(ReadOnlySpan<byte> json, int at)
    {
        var after = at + 2;
        var next = json[after..].IndexOf((byte)'\\');
        return next < 0 ? -1 : after + next;
    }

    /// <summary>The UTF-16 code unit of the <c>\u</c> escape at the start; U+0000 if there is no such escape.</summary>
    private static char Unit(ReadOnlySpan<byte> json) =>
        json.StartsWith("\\u"u8) && ushort.TryParse(json.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : '\0';
}
