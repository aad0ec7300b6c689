namespace OrleansChat.Protocol.Text;

/// <summary>The commands of text mode as a person reads them.</summary>
public static class TextHelp
{
    /// <summary>Lines in a <see cref="Last"/> that names no number, and on entry.</summary>
    public const int DefaultLast = 20;

    /// <summary>One line for each command.</summary>
    public static IReadOnlyList<string> Lines { get; } =
    [
        "* /join room      enter a room, or @bob to talk with bob alone",
        "* /leave [room]   leave this room, or the one you name",
        "* /rooms          the rooms you are in",
        "* /who            who is here",
        "* /msg bob text   say it to bob alone",
        "* /last [20]      show the last lines again",
        "* /me text        * you text",
        "* /nick name      take another name (guests)",
        "* /quit           goodbye",
        "* //text          say a line that starts with a slash",
    ];
}
