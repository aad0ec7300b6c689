using System.Buffers;

namespace OrleansChat.Protocol.Text;

/// <summary>Makes one line of a text.</summary>
internal static class OneLine
{
    private static readonly SearchValues<char> Breaks = SearchValues.Create("\n\r\v\f\u0085\u2028\u2029");

    private static readonly SearchValues<char> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(i => (char)i).Where(c => char.IsControl(c) && c != '\t')]);

    /// <summary>Every line break, and <c>\r\n</c> as one, becomes a space.</summary>
    public static string Of(string text) => text.AsSpan().ContainsAny(Breaks)
        ? Replace(text.Replace("\r\n", "\n", StringComparison.Ordinal), Breaks, ' ')
        : text;

    /// <summary>
    /// The same, and what could command a terminal (escape sequences among it) becomes U+FFFD: lines are printed as they come, and
    /// anybody may have written them.
    /// </summary>
    public static string ForTerminal(string text)
    {
        var line = Of(text);
        return line.AsSpan().ContainsAny(Controls) ? Replace(line, Controls, '\uFFFD') : line;
    }

    private static string Replace(string text, SearchValues<char> what, char with)
    {
        var characters = text.ToCharArray();
        characters.AsSpan().ReplaceAny(what, with);
        return new string(characters);
    }
}
