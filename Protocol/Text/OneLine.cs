using System.Buffers;

namespace OrleansChat.Protocol.Text;

/// <summary>Turns a text into one line.</summary>
internal static class OneLine
{
    private static readonly SearchValues<char> Breaks = SearchValues.Create("\n\r\v\f\u0085\u2028\u2029");

    /// <summary>
    /// The C0 controls except the tab, the C1 controls, and the bidirectional embeddings, overrides and isolates. The
    /// bidirectional characters change the direction of all text up to the end of the line.
    /// </summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(i => (char)i).Where(c => char.IsControl(c) && c != '\t'), .. "\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069"]);

    /// <summary>Replaces each line break with a space; <c>\r\n</c> counts as one line break.</summary>
    public static string From(string text) => text.AsSpan().ContainsAny(Breaks)
        ? Replace(text.Replace("\r\n", "\n", StringComparison.Ordinal), Breaks, ' ')
        : text;

    /// <summary>
    /// Like <see cref="From"/>, but also replaces with U+FFFD every character that could control a terminal. Clients
    /// print the lines without checking them, and the text of a line may come from any user.
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
