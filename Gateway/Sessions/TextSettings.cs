using System.Globalization;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>What a text connection's address asks for.</summary>
/// <param name="Room"><c>room=</c>: the room to enter.</param>
/// <param name="After"><c>after=</c>: resume after this sequence; null shows the last lines instead.</param>
/// <param name="ShowSeq"><c>seq=1</c>: <c>#42 </c> before every event.</param>
/// <param name="Raw"><c>raw=1</c>: the bare text of messages, nothing else.</param>
/// <param name="Echo"><c>echo=0</c> leaves out the sender's own lines.</param>
internal sealed record TextSettings(string Room, long? After, bool ShowSeq, bool Raw, bool Echo)
{
    /// <summary>The room where none is named.</summary>
    public const string DefaultRoom = "lobby";

    /// <summary>Reads a query. Null, with what is wrong, where it cannot be read.</summary>
    public static TextSettings? Of(IQueryCollection query, out string wrong)
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
            wrong = after is null ? "after: a sequence number, such as after=42" : wrong;
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
