using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrleansChat.Protocol;

/// <summary>
/// The rules for user ids: 1 to 128 visible code points in Unicode normal form C (NFC), case-sensitive. Two ids name
/// the same user if and only if their code points are the same. Because only NFC is valid, an accented letter cannot
/// have two forms. Invisible characters are refused, so that no id can imitate another id by adding such a character.
/// Different letters that look alike make different ids.
/// </summary>
public static class UserId
{
    /// <summary>The rule for a user id, as text for an error.</summary>
    public const string Rule =
        "a user is 1 to 128 visible characters in NFC, without white space, control characters and invisible characters, not beginning with '@' or 'guest-'";

    /// <summary>Prefix of guests' ids. The server creates these ids; a client cannot claim such an id.</summary>
    public const string GuestPrefix = "guest-";

    private const char DirectMark = '@';

    /// <summary>
    /// Invisible code points whose Unicode category does not show that they are invisible: the letters and marks with
    /// Unicode's property Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and the blank Braille pattern. The
    /// list includes the variation selectors, so an emoji in an id has its default look. It includes the Hangul
    /// fillers, which modern Hangul does not need.
    /// </summary>
    private static readonly (int First, int Last)[] Blank =
    [
        (0x034F, 0x034F), // combining grapheme joiner
        (0x115F, 0x1160), // Hangul fillers
        (0x17B4, 0x17B5), // Khmer inherent vowels
        (0x180B, 0x180F), // Mongolian selectors
        (0x2800, 0x2800), // Braille pattern blank
        (0x3164, 0x3164), // Hangul filler
        (0xFE00, 0xFE0F), // variation selectors
        (0xFFA0, 0xFFA0), // halfwidth Hangul filler
        (0xE0100, 0xE01EF), // variation selectors supplement
    ];

    /// <summary>True for an id that a token, a URL or <c>/nick</c> may name. A guest's id is not valid.</summary>
    public static bool IsValid(string id) => IsUser(id) && !IsGuest(id);

    /// <summary>True for an id that a direct conversation may name, including a guest's id.</summary>
    public static bool IsUser(string id)
    {
        var codePoints = 0;
        var rest = id.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != OperationStatus.Done
                || ++codePoints > Bounds.UserIdCodePoints
                || !IsVisible(rune))
            {
                return false;
            }

            rest = rest[length..];
        }

        return codePoints > 0 && id[0] != DirectMark && NormalForm.IsComposed(id);
    }

    public static bool IsGuest(string id) => id.StartsWith(GuestPrefix, StringComparison.Ordinal);

    /// <summary>
    /// True if an id may contain this code point. All format characters (Cf) are refused, including the joiners U+200C
    /// and U+200D and the direction marks. Some scripts and emoji use format characters, but alone these characters are
    /// invisible. U+FFFD is refused because it replaces any character that could not be decoded.
    /// </summary>
    private static bool IsVisible(Rune rune) =>
        rune.Value != Rune.ReplacementChar.Value
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && !Array.Exists(Blank, range => rune.Value >= range.First && rune.Value <= range.Last);
}
