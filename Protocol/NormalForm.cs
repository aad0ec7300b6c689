using System.Collections.Frozen;

namespace OrleansChat.Protocol;

/// <summary>
/// Checks whether a text is in Unicode normal form C (Unicode Standard Annex 15). The result must be the same on every
/// machine, because it decides which user ids are valid. The runtime's own check depends on the machine: without ICU,
/// and always in invariant mode, it reports every text as normalized.
/// </summary>
internal static partial class NormalForm
{
    /// <summary>
    /// Marks a character that normal form C always replaces with other characters. In the table, this value takes the
    /// place of the character's combining class.
    /// </summary>
    private const byte Replaced = 255;

    /// <summary>Characters below this one are never replaced, and never combine with a previous character.</summary>
    private const char FirstCombining = '\u0300';

    private static readonly FrozenDictionary<int, byte> Classes = ReadClasses();

    /// <summary>Each composed character, and the two characters that it consists of.</summary>
    private static readonly FrozenDictionary<int, (int First, int Second)> Parts = ReadParts();

    private static readonly FrozenSet<(int First, int Second)> Pairs = Parts.Values.ToFrozenSet();

    /// <summary>
    /// True if normalization would not change the text. The text must not contain an unpaired surrogate.
    /// </summary>
    public static bool IsComposed(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstCombining, char.MaxValue))
        {
            return true;
        }

        // starter is the last character with combining class 0: later characters may compose with it. before is the
        // combining class of the previous character.
        var starter = -1;
        var before = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var combining = Classes.GetValueOrDefault(rune.Value);
            var isOutOfOrder = combining > 0 && combining < before;
            var reachesStarter = before == 0 || before < combining;
            if (combining == Replaced || isOutOfOrder || (reachesStarter && Compose(starter, rune.Value, combining)))
            {
                return false;
            }

            before = combining;
            starter = combining == 0 ? rune.Value : starter;
        }

        return true;
    }

    /// <summary>
    /// True if the two characters compose, either directly or after one of them is decomposed:
    /// <list type="bullet">
    /// <item>The first character may consist of a letter and a mark. If the second character is a mark with a lower
    /// class, normalization moves it between the letter and the first mark. For example, <c>Â</c> followed by a dot
    /// below becomes <c>A</c>, dot below, circumflex. Then <c>A</c> composes with the dot.</item>
    /// <item>The first part of the second character may compose with the first character. Some vowel signs that consist
    /// of other vowel signs do this, for example in the Kirat Rai script.</item>
    /// </list>
    /// </summary>
    private static bool Compose(int first, int second, byte combining) =>
        Pairs.Contains((first, second))
        || (second is >= 0x1161 and <= 0x11C2 && ComposeHangul(first, second))
        || (combining > 0 && Parts.TryGetValue(first, out var parts) && combining < Classes.GetValueOrDefault(parts.Second)
            && Compose(parts.First, second, combining))
        || (combining == 0 && Parts.TryGetValue(second, out parts) && Compose(first, parts.First, combining));

    /// <summary>
    /// True if two characters of the Korean script Hangul compose (The Unicode Standard §3.12). A leading consonant and
    /// a vowel compose to a syllable. A syllable without a trailing consonant composes with a trailing consonant.
    /// </summary>
    private static bool ComposeHangul(int first, int second) => second <= 0x1175
        ? first is >= 0x1100 and <= 0x1112
        : second >= 0x11A8 && first is >= 0xAC00 and <= 0xD7A3 && (first - 0xAC00) % 28 == 0;

    private static FrozenDictionary<int, byte> ReadClasses()
    {
        Dictionary<int, byte> classes = [];
        var numbers = new Queue<int>(Numbers(ClassRuns));
        for (var start = 0; numbers.Count > 0;)
        {
            start += numbers.Dequeue();
            var length = numbers.Dequeue();
            var combining = (byte)numbers.Dequeue();
            for (var i = 0; i < length; i++)
            {
                classes[start + i] = combining;
            }
        }

        return classes.ToFrozenDictionary();
    }

    private static FrozenDictionary<int, (int First, int Second)> ReadParts()
    {
        Dictionary<int, (int, int)> parts = [];
        var numbers = new Queue<int>(Numbers(ComposingPairs));
        for (var second = 0; numbers.Count > 0;)
        {
            second += numbers.Dequeue();
            var (first, composed) = (0, 0);
            for (var left = numbers.Dequeue(); left > 0; left--)
            {
                first += numbers.Dequeue();
                var doubled = numbers.Dequeue();
                composed += doubled % 2 == 0 ? doubled / 2 : -(doubled + 1) / 2;
                parts.Add(composed, (first, second));
            }
        }

        return parts.ToFrozenDictionary();
    }

    private static IEnumerable<int> Numbers(string table)
    {
        var (number, shift) = (0, 0);
        foreach (var digit in Convert.FromBase64String(table))
        {
            number |= (digit & 0x7F) << shift;
            shift += 7;
            if (digit < 0x80)
            {
                yield return number;
                (number, shift) = (0, 0);
            }
        }
    }
}
