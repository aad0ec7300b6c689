namespace OrleansChat.Protocol.Text;

/// <summary>The help of text mode.</summary>
public static class TextHelp
{
    /// <summary>
    /// Maximum number of events that <c>/last</c> shows if the user gives no number, and that a text connection shows
    /// when it enters a room.
    /// </summary>
    public const int DefaultLast = 20;

    /// <summary>Maximum number of conversations that <c>/list</c> shows.</summary>
    public const int ListedConversations = 20;

    public static IReadOnlyList<string> Lines { get; } =
    [
        "* /join room      enter a room, or @bob to talk with bob alone",
        "* /link [uses]    make a link to this group: others use it with /join room code",
        "* /topic title    set the title of this group",
        "* /invite user    invite a user to this group",
        "* /kick user      remove a user from this group",
        "* /mute user [10] mute a user in this group, for 10 minutes or for good",
        "* /unmute user    end the mute of a user",
        "* /leave [room]   leave this room, or the one you name",
        "* /rooms          the rooms you are in",
        "* /list           your conversations, newest first",
        "* /who            who is here",
        "* /msg bob text   say it to bob alone",
        "* /last [20]      show the last lines again",
        "* /me text        * you text",
        "* /nick name      take another name (guests)",
        "* /quit           goodbye",
        "* //text          say a line that starts with a slash",
    ];
}
