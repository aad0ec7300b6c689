using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansChat.Protocol;
using OrleansChat.Protocol.Json;

namespace OrleansChat.ClientCodec;

/// <summary>
/// Reads server frames for clients. The reader skips frame types, event kinds and fields that it does not know.
/// </summary>
public static class FrameReader
{
    /// <summary>
    /// Reads each line of a WebSocket frame and adds its server frame to the list. Skips lines with a type or event
    /// kind that this reader does not know. Throws <see cref="FormatException"/> if a line is not a valid server frame.
    /// </summary>
    public static void Read(ReadOnlySpan<byte> frame, List<ServerFrame> into)
    {
        foreach (var line in new FrameLines(frame))
        {
            if (Read(line) is { } known)
            {
                into.Add(known);
            }
        }
    }

    /// <summary>
    /// Reads one line. Returns null if this reader does not know the line's type or the event's kind. Throws
    /// <see cref="FormatException"/> if the line is not a valid server frame.
    /// </summary>
    public static ServerFrame? Read(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            throw new FormatException("A line from the server is not UTF-8.");
        }

        // A frame may be nested deeper than a command: a page contains events, which contain meta.
        var fields = new FieldReader(line, stackalloc FieldReader.Slot[FieldReader.SlotCount], 2 * Bounds.Depth);
        var type = fields.Word<FrameType>(Field.T, ChatErrorCode.UnknownType);
        var frame = type is { } known ? Read(known, ref fields) : null;
        return fields.Failure switch
        {
            null => type is null ? throw new FormatException("A line from the server has no field t.") : frame,
            { Code: ChatErrorCode.UnknownType } => null,
            { Message: var message } => throw new FormatException($"A line from the server cannot be read: {message}."),
        };
    }

    private static ServerFrame? Read(FrameType type, ref FieldReader fields)
    {
        var id = fields.String(Field.Id);
        return type switch
        {
            FrameType.Welcome => new Welcome(
                id, Text(ref fields, Field.User), Text(ref fields, Field.Session), Limits(ref fields), (int)Number(ref fields, Field.Heartbeat),
                (int)Number(ref fields, Field.PresenceBound), fields.Number(Field.Exp)),
            FrameType.Joined => new Joined(
                id, Text(ref fields, Field.Room), Text(ref fields, Field.Kind), Number(ref fields, Field.Seq), Text(ref fields, Field.Epoch),
                Number(ref fields, Field.After), Number(ref fields, Field.Read), Number(ref fields, Field.Unread),
                (int)Number(ref fields, Field.Count), fields.Flag(Field.Reset) ?? false, fields.Word<MemberRole>(Field.Role),
                fields.String(Field.Title), Settings(ref fields), fields.Number(Field.Mentions), fields.Flag(Field.UnreadMore) ?? false),
            FrameType.Ev => Event(id, ref fields),
            FrameType.Ok => new Ok(
                id, fields.String(Field.Room), fields.Number(Field.Seq), fields.Number(Field.Ts), fields.Flag(Field.Dup) ?? false,
                fields.Number(Field.Exp)),
            FrameType.Err => new Err(id, Code(ref fields), Text(ref fields, Field.Message), (int?)fields.Number(Field.Retry), fields.String(Field.Room)),
            FrameType.Page => new Page(
                id, Text(ref fields, Field.Room), Events(ref fields), Number(ref fields, Field.First), Number(ref fields, Field.Last),
                fields.Flag(Field.More) ?? false),
            FrameType.Conversations => new ConversationList(
                id, Conversations(ref fields), fields.Flag(Field.More) ?? false, fields.String(Field.Cursor), Strings(ref fields, Field.Removed),
                fields.Flag(Field.Reset) ?? false),
            FrameType.Conversation => new ConversationChanged(Text(ref fields, Field.Room)),
            FrameType.Members => new MemberList(id, Text(ref fields, Field.Room), Members(ref fields), fields.Flag(Field.More) ?? false),
            FrameType.Readers => new ReaderList(
                id, Text(ref fields, Field.Room), Number(ref fields, Field.Ref), Users(ref fields),
                fields.Flag(Field.More) ?? false),
            FrameType.Blocks => new BlockList(id, Users(ref fields)),
            FrameType.Reports => new ReportList(id, Text(ref fields, Field.Room), Reports(ref fields), fields.Flag(Field.More) ?? false),
            FrameType.Invited => new Invited(Text(ref fields, Field.Room), fields.String(Field.Title)),
            FrameType.Who => new WhoIs(id, Text(ref fields, Field.Room), (int)Number(ref fields, Field.Count), Strings(ref fields, Field.Users)),
            FrameType.Typing => new TypingNow(Text(ref fields, Field.Room), Text(ref fields, Field.User)),
            FrameType.Presence => new Presence(
                Text(ref fields, Field.Room), fields.String(Field.User), fields.Flag(Field.Online), (int)Number(ref fields, Field.Count)),
            FrameType.Mark => new MarkMoved(Text(ref fields, Field.Room), Text(ref fields, Field.User), Number(ref fields, Field.Read)),
            FrameType.Gap => new Gap(Text(ref fields, Field.Room), Number(ref fields, Field.From), Number(ref fields, Field.To)),
            FrameType.Left => new Left(Text(ref fields, Field.Room), Text(ref fields, Field.Reason)),
            FrameType.Bye => new Bye(
                (CloseCode)Number(ref fields, Field.Code), (int?)fields.Number(Field.After), Text(ref fields, Field.Reason)),
            FrameType.Pong => new Pong(id),
            _ => throw new InvalidOperationException($"{type} has no reader."),
        };
    }

    private static string Text(ref FieldReader fields, Field field) => fields.Need(field, fields.String(field, minLength: 0));

    private static long Number(ref FieldReader fields, Field field) => fields.Need(field, fields.Number(field));

    /// <summary>
    /// Reads the code of an error. A code that this reader does not know becomes <see cref="ChatErrorCode.Internal"/>.
    /// </summary>
    private static ChatErrorCode Code(ref FieldReader fields) =>
        Words<ChatErrorCode>.Find(Encoding.UTF8.GetBytes(Text(ref fields, Field.Code))) ?? ChatErrorCode.Internal;

    private static ChatEvent Event(string? id, ref FieldReader fields)
    {
        var meta = fields.Json(Field.Meta, JsonTokenType.StartObject);
        return new ChatEvent(
            Text(ref fields, Field.Room), Number(ref fields, Field.Seq), Number(ref fields, Field.Ts),
            Text(ref fields, Field.From), fields.Need(Field.Kind, fields.Word<EventKind>(Field.Kind, ChatErrorCode.UnknownType)),
            fields.String(Field.Text, minLength: 0), fields.Number(Field.Ref), fields.Number(Field.Reply),
            meta.IsEmpty ? null : Encoding.UTF8.GetString(meta), id, fields.Flag(Field.Edited) ?? false,
            fields.String(Field.User), fields.Word<MemberRole>(Field.Role), fields.Number(Field.Until),
            Settings(ref fields), (int?)fields.Number(Field.Uses), (int?)fields.Number(Field.Replies), Strings(ref fields, Field.Mentions));
    }

    private static GroupSettings? Settings(ref FieldReader fields)
        => SettingsFields.Read(ref fields) is { } settings ? settings with { Private = settings.Private ?? false } : null;

    private static ProtocolLimits Limits(ref FieldReader welcome)
    {
        var json = welcome.Json(Field.Limits, JsonTokenType.StartObject);
        if (json.IsEmpty)
        {
            return new ProtocolLimits();
        }

        var fields = new FieldReader(json, stackalloc FieldReader.Slot[FieldReader.SlotCount], Bounds.Depth);
        return ReadLimits(ref fields);
    }

    private static List<ChatEvent> Events(ref FieldReader page)
    {
        var json = page.Json(Field.Events, JsonTokenType.StartArray);
        if (json.IsEmpty)
        {
            page.Fail(ChatErrorCode.BadRequest, "events is missing");
            return [];
        }

        List<ChatEvent> events = [];
        for (var items = new Utf8JsonReader(json); Next(ref items);)
        {
            var start = (int)items.TokenStartIndex;
            items.Skip();
            if (Read(json[start..(int)items.BytesConsumed]) is ChatEvent ev)
            {
                events.Add(ev);
            }
        }

        return events;
    }

    private static List<ConversationEntry> Conversations(ref FieldReader list)
    {
        var json = list.Json(Field.Rooms, JsonTokenType.StartArray);
        if (json.IsEmpty)
        {
            list.Fail(ChatErrorCode.BadRequest, "rooms is missing");
            return [];
        }

        List<ConversationEntry> entries = [];
        Span<FieldReader.Slot> slots = stackalloc FieldReader.Slot[FieldReader.SlotCount];
        for (var items = new Utf8JsonReader(json); Next(ref items);)
        {
            var start = (int)items.TokenStartIndex;
            items.Skip();
            var entry = new FieldReader(json[start..(int)items.BytesConsumed], slots, Bounds.Depth);
            entries.Add(new(
                Text(ref entry, Field.Room), Text(ref entry, Field.Kind), Number(ref entry, Field.Seq), Number(ref entry, Field.Ts),
                Number(ref entry, Field.Read), Number(ref entry, Field.Unread), entry.Word<MemberRole>(Field.Role), entry.String(Field.Title),
                Last(ref entry), entry.Flag(Field.Followed) ?? false, entry.Flag(Field.Pinned) ?? false, entry.Flag(Field.Archived) ?? false,
                entry.Number(Field.Muted), entry.Number(Field.Mentions), entry.Flag(Field.UnreadMore) ?? false));
        }

        return entries;
    }

    private static LastEvent? Last(ref FieldReader entry)
    {
        var json = entry.Json(Field.Last, JsonTokenType.StartObject);
        if (json.IsEmpty)
        {
            return null;
        }

        var last = new FieldReader(json, stackalloc FieldReader.Slot[FieldReader.SlotCount], Bounds.Depth);
        return new(
            Number(ref last, Field.Seq), Number(ref last, Field.Ts), Text(ref last, Field.From), last.Word<EventKind>(Field.Kind) ?? EventKind.Other,
            last.String(Field.Text, minLength: 0), last.String(Field.User));
    }

    private static List<MemberEntry> Members(ref FieldReader list)
    {
        var json = list.Json(Field.Members, JsonTokenType.StartArray);
        if (json.IsEmpty)
        {
            list.Fail(ChatErrorCode.BadRequest, "members is missing");
            return [];
        }

        List<MemberEntry> entries = [];
        Span<FieldReader.Slot> slots = stackalloc FieldReader.Slot[FieldReader.SlotCount];
        for (var items = new Utf8JsonReader(json); Next(ref items);)
        {
            var start = (int)items.TokenStartIndex;
            items.Skip();
            var entry = new FieldReader(json[start..(int)items.BytesConsumed], slots, Bounds.Depth);
            entries.Add(new(
                Text(ref entry, Field.User), entry.Word<MemberRole>(Field.Role), entry.Number(Field.Muted), entry.Number(Field.Banned)));
        }

        return entries;
    }

    private static List<ReportEntry> Reports(ref FieldReader list)
    {
        var json = list.Json(Field.Reports, JsonTokenType.StartArray);
        if (json.IsEmpty)
        {
            list.Fail(ChatErrorCode.BadRequest, "reports is missing");
            return [];
        }

        List<ReportEntry> entries = [];
        Span<FieldReader.Slot> slots = stackalloc FieldReader.Slot[FieldReader.SlotCount];
        for (var items = new Utf8JsonReader(json); Next(ref items);)
        {
            var start = (int)items.TokenStartIndex;
            items.Skip();
            var entry = new FieldReader(json[start..(int)items.BytesConsumed], slots, Bounds.Depth);
            entries.Add(new(
                Number(ref entry, Field.Ref), Text(ref entry, Field.From), Text(ref entry, Field.User), Number(ref entry, Field.Ts),
                entry.String(Field.Text)));
        }

        return entries;
    }

    private static List<string> Users(ref FieldReader list)
    {
        var users = Strings(ref list, Field.Users);
        if (users is null)
        {
            list.Fail(ChatErrorCode.BadRequest, "users is missing");
        }

        return users ?? [];
    }

    private static List<string>? Strings(ref FieldReader frame, Field field)
    {
        var json = frame.Json(field, JsonTokenType.StartArray);
        if (json.IsEmpty)
        {
            return null;
        }

        List<string> strings = [];
        for (var items = new Utf8JsonReader(json); Next(ref items);)
        {
            if (items.TokenType == JsonTokenType.String && FieldReader.ReadString(ref items) is { } text)
            {
                strings.Add(text);
            }
            else
            {
                frame.Fail(ChatErrorCode.BadRequest, $"{FieldReader.Name(field)} must contain only strings");
            }
        }

        return strings;
    }

    /// <summary>
    /// Moves to the next item of the array that <paramref name="items"/> reads. Returns false at the end of the array.
    /// </summary>
    private static bool Next(ref Utf8JsonReader items)
    {
        if (items.TokenType == JsonTokenType.None)
        {
            items.Read();
        }

        return items.Read() && items.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Reads the limits. A limit that is missing gets its default.</summary>
    private static ProtocolLimits ReadLimits(ref FieldReader fields)
    {
        var otherwise = new ProtocolLimits();
        return new ProtocolLimits
        {
            FrameBytes = ReadLimit(ref fields, Field.FrameBytes, otherwise.FrameBytes),
            TextCharacters = ReadLimit(ref fields, Field.TextCharacters, otherwise.TextCharacters),
            TextBytes = ReadLimit(ref fields, Field.TextBytes, otherwise.TextBytes),
            MetaBytes = ReadLimit(ref fields, Field.MetaBytes, otherwise.MetaBytes),
            RoomsPerConnection = ReadLimit(ref fields, Field.RoomsPerConnection, otherwise.RoomsPerConnection),
            CommandsPerFrame = ReadLimit(ref fields, Field.CommandsPerFrame, otherwise.CommandsPerFrame),
            SendsPerSecond = ReadLimit(ref fields, Field.SendsPerSecond, otherwise.SendsPerSecond),
            SendBurst = ReadLimit(ref fields, Field.SendBurst, otherwise.SendBurst),
            ConnectionsPerUser = ReadLimit(ref fields, Field.ConnectionsPerUser, otherwise.ConnectionsPerUser),
            HistoryEvents = ReadLimit(ref fields, Field.HistoryEvents, otherwise.HistoryEvents),
            ReplayEvents = ReadLimit(ref fields, Field.ReplayEvents, otherwise.ReplayEvents),
        };
    }

    private static int ReadLimit(ref FieldReader fields, Field field, int otherwise) => (int)(fields.Number(field) ?? otherwise);
}
