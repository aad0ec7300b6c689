using System.Buffers;

namespace OrleansChat.Protocol.Text;

/// <summary>Turns a text into one line.</summary>
internal static class OneLine
{
    private static readonly SearchValues<char> Breaks = SearchValues.Create("\n\r\v\f\u0085\u2028\u2029");

    /// <summary>
    /// The C0 controls except the tab, the C1 controls, and the bidirectional embeddings, overrides and isolates. The
    /// last group changes the direction of all text up to the end of the line.
    /// </summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(i => (char)i).Where(c => char.IsControl(c) && c != '\t'), .. "\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069"]);

    /// <summary>Replaces each line break by a space, and <c>\r\n</c> by one space.</summary>
    public static string From(string text) => text.AsSpan().ContainsAny(Breaks)
        ? Replace(text.Replace("\r\n", "\n", StringComparison.Ordinal), Breaks, ' ')
        : text;

    /// <summary>
    /// Like <see cref="From"/>, but also replaces every character that could control a terminal by U+FFFD. Clients
    /// print lines as they are, and any user may have written them.
    /// </summary>
    public static string ForTerminal(string text)
    {
        var line = From(text);
        return line.AsSpan().ContainsAny(Controls) ? Replace(line, Controls, '\uFFFD') : line;
    }

    private static string Replace(string text, SearchValues<char> what, char with)
    {
        var characters = text.ToCharArray();
        characters.AsSpan().ReplaceAny(what, with);
        return new string(characters);
    }
}
