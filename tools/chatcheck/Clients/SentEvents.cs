using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// Writes the sends of a run as commands, and finds the send that produced an event. A text begins with the number of
/// its send. The text of an edit begins with the number of the message, and then has the number of the edit. A deletion
/// has its number in <c>meta</c>. Any number of threads may use this class at the same time.
/// </summary>
/// <param name="userOf">Returns the number of a user; -1 if the user does not belong to the run.</param>
internal sealed class SentEvents(SendList sends, IReadOnlyList<string> rooms, Func<string, int> userOf)
{
    /// <summary>The name that mentions all users of a room.</summary>
    private const string Everyone = "@everyone";

    private static readonly string Padding = new('.', 60);

    private readonly Dictionary<string, int> _rooms = rooms.Index().ToDictionary(room => room.Item, room => room.Index);

    /// <summary>The messages for which a deletion was sent, by room and sequence. Such a message may have no text.</summary>
    private readonly ConcurrentDictionary<(int Room, int Seq), int> _deleted = new();

    /// <summary>The joins of groups, by room and user.</summary>
    private readonly ConcurrentDictionary<(int Room, int User), Lazy<int>> _joins = new();

    /// <summary>The number of a room; -1 if the room does not belong to the run.</summary>
    public int RoomOf(string name) => _rooms.GetValueOrDefault(name, -1);

    /// <summary>Adds a send to the list, before its first attempt, and returns its number.</summary>
    public int Add(Send send)
    {
        if (send.Kind is SendKind.Deletion)
        {
            _deleted[(send.Room, sends[send.Target].Seq)] = send.Target;
        }

        return sends.Add(send);
    }

    /// <summary>Returns the command <c>send</c> for a send.</summary>
    /// <param name="nameOf">Returns the name of a user.</param>
    public string CommandOf(int number, Func<int, string> nameOf)
    {
        ref var send = ref sends[number];
        var line = new StringBuilder().Append(
            CultureInfo.InvariantCulture, $$"""{"t":"send","id":"{{number}}","room":"{{JsonEncodedText.Encode(rooms[send.Room])}}","kind":{{KindOf(send.Kind)}}""");
        if (send.Kind is SendKind.Edit or SendKind.Deletion)
        {
            line.Append(CultureInfo.InvariantCulture, $",\"ref\":{sends[send.Target].Seq}");
        }

        if (send.Kind is SendKind.Deletion)
        {
            line.Append(CultureInfo.InvariantCulture, $",\"meta\":{{\"send\":{number}}}");
        }
        else
        {
            line.Append(CultureInfo.InvariantCulture, $",\"text\":\"{(send.Kind is SendKind.Edit ? TextOf(send.Target, number) : TextOf(number))}\"");
        }

        if (send.Reply > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $",\"reply\":{send.Reply}");
        }

        var mentions = MentionsOf(send, nameOf);
        if (mentions.Length > 0)
        {
            line.Append(",\"mentions\":[").AppendJoin(',', mentions.Select(name => $"\"{JsonEncodedText.Encode(name)}\"")).Append(']');
        }

        return line.Append('}').ToString();
    }

    /// <summary>
    /// Returns the number of the send that produced an event; -1 if there is none, or if the event differs from the send
    /// in sender, kind, text or any other field. A deleted message has no text, and an edited message the text of an
    /// edit.
    /// </summary>
    public int Find(JsonElement ev)
    {
        if (userOf(ev.GetProperty("from").GetString()!) is var user && user < 0)
        {
            return -1;
        }

        var kind = ev.GetProperty("kind");
        var found = kind.ValueEquals("msg") ? FindMessage(ev)
            : kind.ValueEquals("edit") ? FindEdit(ev)
            : kind.ValueEquals("delete") ? FindDeletion(ev)
            : kind.ValueEquals("join") ? JoinOf(ev, user)
            : -1;
        return found >= 0 && sends[found].Writer == user ? found : -1;
    }

    /// <summary>The kind of an event; null if no client of a run sends this kind.</summary>
    public static SendKind? ParseKind(string kind) => kind switch
    {
        "msg" => SendKind.Message,
        "edit" => SendKind.Edit,
        "delete" => SendKind.Deletion,
        "join" => SendKind.Join,
        _ => null,
    };

    /// <summary>The kind in JSON, with its quotes.</summary>
    private static string KindOf(SendKind kind) => kind switch
    {
        SendKind.Edit => "\"edit\"",
        SendKind.Deletion => "\"delete\"",
        _ => "\"msg\"",
    };

    private static string TextOf(int send) => string.Create(CultureInfo.InvariantCulture, $"{send} {Padding}");

    private static string TextOf(int message, int edit) => string.Create(CultureInfo.InvariantCulture, $"{message} {edit} {Padding}");

    private static string[] MentionsOf(Send send, Func<int, string> nameOf) =>
        [.. send.Mentioned is { } user ? [nameOf(user)] : (string[])[], .. send.MentionsEveryone ? [Everyone] : (string[])[]];

    private int FindMessage(JsonElement ev)
    {
        if (!ev.TryGetProperty("text", out var text))
        {
            var deleted = _deleted.GetValueOrDefault((RoomOf(ev.GetProperty("room").GetString()!), ev.GetProperty("seq").GetInt32()), -1);
            return deleted >= 0 && Json.NumberOf(ev, "reply") == sends[deleted].Reply && !ev.TryGetProperty("mentions", out _) ? deleted : -1;
        }

        var (message, edit) = Numbers(text.GetString()!);
        if (!Is(message, SendKind.Message) || Json.NumberOf(ev, "reply") != sends[message].Reply || !HasMentions(ev, sends[message]))
        {
            return -1;
        }

        return (edit >= 0) == Json.IsTrue(ev, "edited") && (edit < 0 || (Is(edit, SendKind.Edit) && sends[edit].Target == message)) ? message : -1;
    }

    private int FindEdit(JsonElement ev)
    {
        var (message, edit) = Numbers(Json.TextOf(ev, "text") ?? "");
        return Is(edit, SendKind.Edit) && sends[edit].Target == message && Json.NumberOf(ev, "ref") == sends[message].Seq ? edit : -1;
    }

    private int FindDeletion(JsonElement ev)
    {
        var deletion = ev.TryGetProperty("meta", out var meta) ? Json.NumberOf(meta, "send") : -1;
        return Is(deletion, SendKind.Deletion) && Json.NumberOf(ev, "ref") == sends[sends[deletion].Target].Seq ? deletion : -1;
    }

    /// <summary>The number of the join of a user in a group. A second join of the user gets the same number.</summary>
    private int JoinOf(JsonElement ev, int user)
    {
        var room = RoomOf(ev.GetProperty("room").GetString()!);
        return room < 0 ? -1
            : _joins.GetOrAdd((room, user), join => new(() => sends.Add(new() { Writer = join.User, Room = join.Room, Kind = SendKind.Join }))).Value;
    }

    private bool Is(int number, SendKind kind) => number >= 0 && number < sends.Count && sends[number].Kind == kind;

    private bool HasMentions(JsonElement ev, Send send)
    {
        var count = (send.Mentioned is null ? 0 : 1) + (send.MentionsEveryone ? 1 : 0);
        if (!ev.TryGetProperty("mentions", out var mentions))
        {
            return count == 0;
        }

        return mentions.GetArrayLength() == count
            && (send.Mentioned is not { } user || userOf(mentions[0].GetString()!) == user)
            && (!send.MentionsEveryone || mentions[count - 1].ValueEquals(Everyone));
    }

    /// <summary>
    /// Reads the numbers at the start of a text: that of a message, and that of an edit, or -1 for none. Both are -1 if
    /// the text is not a whole text of this run.
    /// </summary>
    private static (int Message, int Edit) Numbers(string text)
    {
        var rest = text.AsSpan();
        var message = Next(ref rest);
        var edit = message < 0 || rest is ['.', ..] ? -1 : Next(ref rest);
        return rest.SequenceEqual(Padding) ? (message, edit) : (-1, -1);

        static int Next(ref ReadOnlySpan<char> rest)
        {
            var end = rest.IndexOf(' ');
            if (end <= 0 || !int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return -1;
            }

            rest = rest[(end + 1)..];
            return number;
        }
    }
}
