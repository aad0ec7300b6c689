using System.Globalization;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The query parameters of a text connection.</summary>
/// <param name="Room"><c>room=</c>: the room to join.</param>
/// <param name="After"><c>after=</c>: resume after this sequence. If null, the newest lines are shown.</param>
/// <param name="ShowSeq"><c>seq=1</c>: begin every event with its sequence, as in <c>#42 </c>.</param>
/// <param name="Raw"><c>raw=1</c>: show only the text of messages.</param>
/// <param name="Echo">Whether to show the lines that this user sends. False for <c>echo=0</c>.</param>
internal sealed record TextSettings(string Room, long? After, bool ShowSeq, bool Raw, bool Echo)
{
    /// <summary>The room that a connection joins if its query has no <c>room=</c>.</summary>
    public const string DefaultRoom = "lobby";

    /// <summary>
    /// Parses a query. If the query is invalid, returns null, and sets <paramref name="wrong"/> to the reason.
    /// </summary>
    public static TextSettings? Parse(IQueryCollection query, out string wrong)
    {
        wrong = "";
        var room = query["room"].ToString();
        if (room.Length == 0)
        {
            room = DefaultRoom;
        }

        if (!RoomReference.IsValid(room))
        {
            wrong = $"room: {RoomReference.Rule}";
        }

        long? after = null;
        if (query.TryGetValue("after", out var said))
        {
            after = long.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null;
            wrong = after is null ? "after: must be a sequence number, such as after=42" : wrong;
        }

        var settings = new TextSettings(room, after, Flag("seq", false), Flag("raw", false), Flag("echo", true));
        return wrong.Length == 0 ? settings : null;

        bool Flag(string name, bool otherwise) => query[name].ToString() switch
        {
            "" => otherwise,
            "0" => false,
            _ => true,
        };
    }
}
