using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;

namespace OrleansChat.Protocol.Json;

/// <summary>
/// Escapes only what JSON requires (RFC 8259 §7): quotes, backslashes and control characters. Even the most relaxed
/// built-in encoder writes an emoji as twelve bytes of <c>\u</c> escapes. This encoder writes the emoji as UTF-8, which
/// takes four bytes.
/// </summary>
internal sealed class PlainEncoder : JavaScriptEncoder
{
    public static readonly PlainEncoder Instance = new();

    private static readonly SearchValues<char> Escaped =
        SearchValues.Create(['"', '\\', .. Enumerable.Range(0, 0x20).Select(i => (char)i)]);

    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var characters = new ReadOnlySpan<char>(text, textLength);
        var escaped = characters.IndexOfAny(Escaped);
        var lone = LoneSurrogate(characters);
        return escaped < 0 || (lone >= 0 && lone < escaped) ? lone : escaped;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var into = new Span<char>(buffer, bufferLength);
        return unicodeScalar switch
        {
            '"' or '\\' => into.TryWrite($"\\{(char)unicodeScalar}", out numberOfCharactersWritten),
            '\n' => into.TryWrite($"\\n", out numberOfCharactersWritten),
            '\r' => into.TryWrite($"\\r", out numberOfCharactersWritten),
            '\t' => into.TryWrite($"\\t", out numberOfCharactersWritten),
            _ => into.TryWrite(CultureInfo.InvariantCulture, $"\\u{unicodeScalar:x4}", out numberOfCharactersWritten),
        };
    }

    /// <summary>
    /// The index of the first unpaired surrogate; -1 if there is none. An unpaired surrogate has no UTF-8 form, so it
    /// is written as U+FFFD.
    /// </summary>
    private static int LoneSurrogate(ReadOnlySpan<char> text)
    {
        for (var at = 0; ;)
        {
            var next = text[at..].IndexOfAnyInRange('\uD800', '\uDFFF');
            if (next < 0)
            {
                return -1;
            }

            at += next;
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                return at;
            }

            at += 2;
        }
    }
}
