using System.Text.Json;
using System.Text.Unicode;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>
/// Reads the commands of a client's frame and checks each against the limits. It never throws, whatever the bytes are.
/// For a line that is not a valid command, it returns the error that answers the line, and then reads the next line.
/// </summary>
/// <remarks>
/// A field that is null counts as absent. If a field is repeated, the last value counts. A field that the command does
/// not have is ignored. If <c>limit</c> or <c>last</c> is above its maximum, the maximum is used. Any other number out
/// of range is refused.
/// </remarks>
public static partial class CommandReader
{
    /// <summary>
    /// Adds one entry to <paramref name="into"/> for each line of the frame. After the maximum number of commands, or
    /// after <see cref="Bounds.BrokenLines"/> lines that are not JSON, one error answers all remaining lines.
    /// </summary>
    public static void Read(ReadOnlySpan<byte> frame, ProtocolLimits limits, List<ParsedCommand> into)
    {
        Span<FieldReader.Slot> slots = stackalloc FieldReader.Slot[FieldReader.SlotCount];
        var (read, broken) = (0, 0);
        foreach (var line in new FrameLines(frame))
        {
            if (read == limits.CommandsPerFrame || broken == Bounds.BrokenLines)
            {
                var bounds = $"a frame holds up to {limits.CommandsPerFrame} commands and up to {Bounds.BrokenLines} lines that are not JSON";
                into.Add(Refuse(null, new Failure(ChatErrorCode.TooLarge, $"{bounds}; the rest of the frame was not read")));
                return;
            }

            into.Add(ReadLine(line, limits, slots, out var isJson));
            read++;
            broken += isJson ? 0 : 1;
        }
    }

    /// <summary>
    /// True if the frame's first line is a JSON object whose <c>t</c> is <c>hello</c>. Such a frame switches a text
    /// connection to JSON.
    /// </summary>
    public static bool LooksLikeHello(ReadOnlySpan<byte> frame)
    {
        var lines = new FrameLines(frame);
        if (!lines.MoveNext() || lines.Current[0] != '{' || !Utf8.IsValid(lines.Current))
        {
            return false;
        }

        var fields = new FieldReader(lines.Current, stackalloc FieldReader.Slot[FieldReader.SlotCount], Bounds.Depth);
        return fields.Word<CommandType>(Field.T) == CommandType.Hello && fields.Failure is null;
    }

    private static ParsedCommand ReadLine(ReadOnlySpan<byte> line, ProtocolLimits limits, Span<FieldReader.Slot> slots, out bool isJson)
    {
        isJson = true;
        if (!Utf8.IsValid(line))
        {
            return Refuse(null, new Failure(ChatErrorCode.BadRequest, "not UTF-8"));
        }

        var fields = new FieldReader(line, slots, Bounds.Depth);
        isJson = fields.IsJson;
        var id = fields.String(Field.Id, Bounds.IdCharacters);
        if (fields.Failure is { } unreadable)
        {
            return Refuse(id, unreadable);
        }

        var type = fields.Need(Field.T, fields.Word<CommandType>(Field.T, ChatErrorCode.UnknownType));
        var command = fields.Failure is null ? ReadCommand(type, id, ref fields, limits) : null;
        return fields.Failure is { } failure ? Refuse(id, failure) : new ParsedCommand(command, null);
    }

    private static ParsedCommand Refuse(string? id, Failure failure) => new(null, new Err(id, failure.Code, failure.Message, null));

    private static ClientCommand ReadCommand(CommandType type, string? id, ref FieldReader fields, ProtocolLimits limits) => type switch
    {
        CommandType.Hello => new Hello(
            id, fields.String(Field.Token, Bounds.TokenCharacters), fields.String(Field.Device, Bounds.DeviceCharacters),
            Cursors(ref fields, limits), fields.Has(Field.Conversations) ? Limit(ref fields, Field.Conversations) : null,
            fields.String(Field.Since, Bounds.CursorCharacters)),
        CommandType.Join => Join(id, ref fields, limits),
        CommandType.Leave => new Leave(id, Room(ref fields), fields.Flag(Field.Member) ?? true),
        CommandType.Send => Send(id, ref fields, limits),
        CommandType.Mark => new Mark(id, Room(ref fields), fields.Need(Field.Read, fields.Number(Field.Read, 0))),
        CommandType.Typing => new Typing(id, Room(ref fields)),
        CommandType.History => History(id, ref fields, limits),
        CommandType.Who => new Who(id, Room(ref fields)),
        CommandType.Conversations => Conversations(id, ref fields),
        CommandType.Conversation => SetConversation(id, ref fields),
        CommandType.Create => new Create(id, Title(ref fields, Field.Title)),
        CommandType.Members => new Members(
            id, Room(ref fields), fields.String(Field.After, Bounds.UserIdCodePoints),
            (int)Math.Min(fields.Number(Field.Limit, 1) ?? Bounds.MembersPerPage, Bounds.MembersPerPage)),
        CommandType.Readers => new Readers(id, Room(ref fields), Message(ref fields)),
        CommandType.Block => new Block(id, User(ref fields)),
        CommandType.Unblock => new Unblock(id, User(ref fields)),
        CommandType.Blocks => new Blocks(id),
        CommandType.Report => new Report(id, Room(ref fields), Message(ref fields), fields.String(Field.Text, Bounds.ReasonCharacters)),
        CommandType.Reports => new Reports(
            id, Room(ref fields), (int)Math.Min(fields.Number(Field.Limit, 1) ?? Bounds.ReportsPerPage, Bounds.ReportsPerPage)),
        CommandType.Dismiss => new Dismiss(id, Room(ref fields), Message(ref fields)),
        CommandType.Ping => new Ping(id),
        CommandType.Auth => new Auth(id, fields.Need(Field.Token, fields.String(Field.Token, Bounds.TokenCharacters))),
        _ => throw new InvalidOperationException($"{type} has no reader."),
    };

    private static string Room(ref FieldReader fields)
    {
        var room = fields.Need(Field.Room, fields.String(Field.Room));
        if (!RoomReference.IsValid(room))
        {
            fields.Fail(ChatErrorCode.BadRequest, RoomReference.Rule);
        }

        return room;
    }

    /// <summary>The sequence of the message that a command is about.</summary>
    private static long Message(ref FieldReader fields) => fields.Need(Field.Ref, fields.Number(Field.Ref, 1));

    private static int Limit(ref FieldReader fields, Field field) =>
        (int)Math.Min(fields.Number(field, 1) ?? Bounds.ConversationsPerPage, Bounds.ConversationsPerPage);

    private static Conversations Conversations(string? id, ref FieldReader fields)
    {
        var before = fields.Number(Field.Before, 0);
        var since = fields.String(Field.Since, Bounds.CursorCharacters);
        if (before is not null && since is not null)
        {
            fields.Fail(ChatErrorCode.BadRequest, "before and since cannot be combined");
        }

        return new(id, before, fields.Has(Field.Room) ? Room(ref fields) : null, Limit(ref fields, Field.Limit), since);
    }

    private static SetConversation SetConversation(string? id, ref FieldReader fields)
    {
        var set = new SetConversation(
            id, Room(ref fields), fields.Flag(Field.Pinned), fields.Flag(Field.Archived), fields.Flag(Field.Hidden), fields.Flag(Field.Followed),
            fields.Number(Field.Muted, 0));
        if (set is { Pinned: null, Archived: null, Hidden: null, Followed: null, Muted: null })
        {
            fields.Fail(ChatErrorCode.BadRequest, "give at least one of pinned, archived, hidden, followed and muted");
        }

        return set;
    }

    private static List<ResumeRoom> Cursors(ref FieldReader hello, ProtocolLimits limits)
    {
        var rooms = hello.Json(Field.Rooms, JsonTokenType.StartObject);
        if (rooms.IsEmpty)
        {
            return [];
        }

        var cursors = new OrderedDictionary<string, ResumeRoom>();
        Span<FieldReader.Slot> slots = stackalloc FieldReader.Slot[FieldReader.SlotCount];
        var reader = new Utf8JsonReader(rooms);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var room = FieldReader.ReadString(ref reader);
            if (room is null || !RoomReference.IsValid(room))
            {
                hello.Fail(ChatErrorCode.BadRequest, $"rooms: {RoomReference.Rule}");
                return [];
            }

            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var cursor = new FieldReader(rooms[start..(int)reader.BytesConsumed], slots, Bounds.Depth);
            cursors[room] = new ResumeRoom(
                room, cursor.Need(Field.Seq, cursor.Number(Field.Seq, 0)), cursor.String(Field.Epoch, Bounds.EpochCharacters));
            if (cursor.Failure is { } failure)
            {
                hello.Fail(failure.Code, $"rooms, {room}: {failure.Message}");
                return [];
            }

            if (cursors.Count > limits.RoomsPerConnection)
            {
                hello.Fail(ChatErrorCode.TooLarge, $"rooms has more than {limits.RoomsPerConnection} entries");
                return [];
            }
        }

        return [.. cursors.Values];
    }

    private static Join Join(string? id, ref FieldReader fields, ProtocolLimits limits)
    {
        var after = fields.Number(Field.After, 0);
        var last = fields.Number(Field.Last, 1);
        if (after is not null && last is not null)
        {
            fields.Fail(ChatErrorCode.BadRequest, "after and last cannot be combined");
        }

        var kind = fields.String(Field.Kind);
        if (kind is not (null or "channel" or "group"))
        {
            fields.Fail(ChatErrorCode.BadRequest, "kind must be channel or group");
        }

        var resume = fields.Flag(Field.Resume) ?? false;
        var link = Code(ref fields, Field.Link);
        if (resume && link is not null)
        {
            fields.Fail(ChatErrorCode.BadRequest, "link and resume cannot be combined, because a resume makes no member");
        }

        return new Join(
            id, Room(ref fields), after, fields.String(Field.Epoch, Bounds.EpochCharacters),
            last is { } events ? (int)Math.Min(events, limits.ReplayEvents) : null, kind, resume, link);
    }

    private static History History(string? id, ref FieldReader fields, ProtocolLimits limits)
    {
        var before = fields.Number(Field.Before, 1);
        var after = fields.Number(Field.After, 0);
        var around = fields.Number(Field.Around, 1);
        if ((before is null ? 0 : 1) + (after is null ? 0 : 1) + (around is null ? 0 : 1) > 1)
        {
            fields.Fail(ChatErrorCode.BadRequest, "before, after and around cannot be combined");
        }

        var thread = fields.Number(Field.Thread, 1);
        if (thread is not null && around is not null)
        {
            fields.Fail(ChatErrorCode.BadRequest, "thread and around cannot be combined");
        }

        var (pinned, changes) = (fields.Flag(Field.Pinned) ?? false, fields.Flag(Field.Changes) ?? false);
        if (pinned && (changes || (before ?? after ?? around ?? thread) is not null))
        {
            fields.Fail(ChatErrorCode.BadRequest, "pinned cannot be combined with before, after, around, thread or changes");
        }

        if (changes && (around ?? thread) is not null)
        {
            fields.Fail(ChatErrorCode.BadRequest, "changes cannot be combined with around or thread");
        }

        var limit = (int)Math.Min(fields.Number(Field.Limit, 1) ?? limits.HistoryEvents, limits.HistoryEvents);
        return new History(id, Room(ref fields), before, after, around, limit, thread, pinned, changes);
    }
}
