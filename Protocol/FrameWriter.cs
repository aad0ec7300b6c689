using System.Buffers;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>
/// Writes server frames: each is one JSON object on one line, with <c>t</c> first. A field that is null or false is
/// left out, except that <c>online</c> can be false. The number 0 is written. The events of a page are complete
/// <c>ev</c> objects, so a client needs only one reader for events.
/// </summary>
public static class FrameWriter
{
    /// <summary>
    /// Maximum capacity, in bytes, of a scratch buffer that a thread keeps. A large page makes the buffer larger, and
    /// the thread then releases the buffer.
    /// </summary>
    private const int KeptBytes = 64 * 1024;

    /// <summary>
    /// This thread's scratch buffer; null while it is in use. Frames share the buffer because the JSON writer requests
    /// 4 KiB of space, although most frames have about 200 bytes.
    /// </summary>
    [ThreadStatic] private static ArrayBufferWriter<byte>? t_scratch;

    public static byte[] Encode(ServerFrame frame)
    {
        var scratch = t_scratch ?? new(KeptBytes / 8);
        t_scratch = null;
        Write(scratch, frame);
        var bytes = scratch.WrittenSpan.ToArray();
        if (scratch.Capacity <= KeptBytes)
        {
            scratch.ResetWrittenCount();
            t_scratch = scratch;
        }

        return bytes;
    }

    /// <summary>
    /// Writes the frame without a line break before or after it. Throws if an event's meta is not JSON.
    /// </summary>
    public static void Write(IBufferWriter<byte> into, ServerFrame frame)
    {
        using var line = new JsonLineWriter(into);
        switch (frame)
        {
            case Welcome welcome:
                WriteWelcome(line, welcome);
                break;
            case Joined joined:
                WriteJoined(line, joined);
                break;
            case ChatEvent ev:
                WriteEvent(line, ev);
                break;
            case Ok ok:
                Start(line, FrameType.Ok, ok.Id, ok.Room);
                line.Add(Field.Seq, ok.Seq);
                line.Add(Field.Ts, ok.Ts);
                line.AddFlag(Field.Dup, ok.Dup);
                line.Add(Field.Exp, ok.Exp);
                break;
            case Err err:
                Start(line, FrameType.Err, err.Id, err.Room);
                line.AddWord(Field.Code, err.Code);
                line.Add(Field.Message, err.Message);
                line.Add(Field.Retry, err.Retry);
                break;
            case Page page:
                WritePage(line, page);
                break;
            case ConversationList list:
                WriteConversations(line, list);
                break;
            case ConversationChanged changed:
                Start(line, FrameType.Conversation, null, changed.Room);
                break;
            case MemberList list:
                WriteMembers(line, list);
                break;
            case ReaderList list:
                Start(line, FrameType.Readers, list.Id, list.Room);
                line.Add(Field.Ref, list.Ref);
                line.AddStrings(Field.Users, list.Users);
                line.AddFlag(Field.More, list.More);
                break;
            case BlockList list:
                Start(line, FrameType.Blocks, list.Id);
                line.AddStrings(Field.Users, list.Users);
                break;
            case ReportList list:
                WriteReports(line, list);
                break;
            case Invited invited:
                Start(line, FrameType.Invited, null, invited.Room);
                line.Add(Field.Title, invited.Title);
                break;
            case WhoIs who:
                Start(line, FrameType.Who, who.Id, who.Room);
                line.Add(Field.Count, who.Count);
                line.AddStrings(Field.Users, who.Users);
                break;
            case TypingNow typing:
                Start(line, FrameType.Typing, null, typing.Room);
                line.Add(Field.User, typing.User);
                break;
            case Presence presence:
                Start(line, FrameType.Presence, null, presence.Room);
                line.Add(Field.User, presence.User);
                line.AddEither(Field.Online, presence.Online);
                line.Add(Field.Count, presence.Count);
                break;
            case MarkMoved mark:
                Start(line, FrameType.Mark, null, mark.Room);
                line.Add(Field.User, mark.User);
                line.Add(Field.Read, mark.Read);
                break;
            case Gap gap:
                Start(line, FrameType.Gap, null, gap.Room);
                line.Add(Field.From, gap.From);
                line.Add(Field.To, gap.To);
                break;
            case Left left:
                Start(line, FrameType.Left, null, left.Room);
                line.Add(Field.Reason, left.Reason);
                break;
            case Bye bye:
                Start(line, FrameType.Bye);
                line.Add(Field.Code, (int)bye.Code);
                line.Add(Field.After, bye.After);
                line.Add(Field.Reason, bye.Reason);
                break;
            case Pong pong:
                Start(line, FrameType.Pong, pong.Id);
                break;
            default:
                throw new InvalidOperationException($"{frame.GetType().Name} has no writer.");
        }
    }

    private static void Start(JsonLineWriter line, FrameType type, string? id = null, string? room = null)
    {
        line.AddWord(Field.T, type);
        line.Add(Field.Id, id);
        line.Add(Field.Room, room);
    }

    private static void WriteWelcome(JsonLineWriter line, Welcome welcome)
    {
        Start(line, FrameType.Welcome, welcome.Id);
        line.Add(Field.User, welcome.User);
        line.Add(Field.Session, welcome.Session);
        line.StartObject(Field.Limits);
        LimitFields.Write(line, welcome.Limits);
        line.EndObject();
        line.Add(Field.Heartbeat, welcome.Heartbeat);
        line.Add(Field.PresenceBound, welcome.PresenceBound);
        line.Add(Field.Exp, welcome.Exp);
    }

    private static void WriteJoined(JsonLineWriter line, Joined joined)
    {
        Start(line, FrameType.Joined, joined.Id, joined.Room);
        line.Add(Field.Kind, joined.Kind);
        line.Add(Field.Seq, joined.Seq);
        line.Add(Field.Epoch, joined.Epoch);
        line.Add(Field.After, joined.After);
        line.Add(Field.Read, joined.Read);
        line.Add(Field.Unread, joined.Unread);
        line.Add(Field.Mentions, joined.Mentions);
        line.AddFlag(Field.UnreadMore, joined.UnreadMore);
        line.Add(Field.Count, joined.Count);
        WriteRole(line, joined.Role);
        line.Add(Field.Title, joined.Title);
        SettingsFields.Write(line, joined.Settings);
        line.AddFlag(Field.Reset, joined.Reset);
    }

    private static void WriteEvent(JsonLineWriter line, ChatEvent ev)
    {
        Start(line, FrameType.Ev, ev.Id, ev.Room);
        line.Add(Field.Seq, ev.Seq);
        line.Add(Field.Ts, ev.Ts);
        line.Add(Field.From, ev.From);
        line.AddWord(Field.Kind, ev.Kind);
        line.Add(Field.Text, ev.Text);
        line.Add(Field.Ref, ev.Ref);
        line.Add(Field.Reply, ev.Reply);
        line.AddJson(Field.Meta, ev.Meta);
        line.AddStrings(Field.Mentions, ev.Mentions);
        line.AddFlag(Field.Edited, ev.Edited);
        line.Add(Field.Replies, ev.Replies);
        line.Add(Field.User, ev.User);
        WriteRole(line, ev.Role);
        line.Add(Field.Until, ev.Until);
        line.Add(Field.Uses, ev.Uses);
        SettingsFields.Write(line, ev.Settings);
    }

    private static void WriteRole(JsonLineWriter line, MemberRole? role)
    {
        if (role is { } known)
        {
            line.AddWord(Field.Role, known);
        }
    }

    private static void WriteConversations(JsonLineWriter line, ConversationList list)
    {
        Start(line, FrameType.Conversations, list.Id);
        line.StartArray(Field.Rooms);
        foreach (var entry in list.Rooms)
        {
            line.StartObject();
            line.Add(Field.Room, entry.Room);
            line.Add(Field.Kind, entry.Kind);
            line.Add(Field.Seq, entry.Seq);
            line.Add(Field.Ts, entry.Ts);
            line.Add(Field.Read, entry.Read);
            line.Add(Field.Unread, entry.Unread);
            line.Add(Field.Mentions, entry.Mentions);
            line.AddFlag(Field.UnreadMore, entry.UnreadMore);
            WriteRole(line, entry.Role);
            line.Add(Field.Title, entry.Title);
            WriteLast(line, entry.Last);
            line.AddFlag(Field.Followed, entry.Followed);
            line.AddFlag(Field.Pinned, entry.Pinned);
            line.AddFlag(Field.Archived, entry.Archived);
            line.Add(Field.Muted, entry.Muted);
            line.EndObject();
        }

        line.EndArray();
        line.AddStrings(Field.Removed, list.Removed);
        line.AddFlag(Field.More, list.More);
        line.Add(Field.Cursor, list.Cursor);
        line.AddFlag(Field.Reset, list.Reset);
    }

    private static void WriteLast(JsonLineWriter line, LastEvent? last)
    {
        if (last is null)
        {
            return;
        }

        line.StartObject(Field.Last);
        line.Add(Field.Seq, last.Seq);
        line.Add(Field.Ts, last.Ts);
        line.Add(Field.From, last.From);
        line.AddWord(Field.Kind, last.Kind);
        line.Add(Field.Text, last.Text);
        line.Add(Field.User, last.User);
        line.EndObject();
    }

    private static void WriteMembers(JsonLineWriter line, MemberList list)
    {
        Start(line, FrameType.Members, list.Id, list.Room);
        line.StartArray(Field.Members);
        foreach (var entry in list.Members)
        {
            line.StartObject();
            line.Add(Field.User, entry.User);
            WriteRole(line, entry.Role);
            line.Add(Field.Muted, entry.Muted);
            line.Add(Field.Banned, entry.Banned);
            line.EndObject();
        }

        line.EndArray();
        line.AddFlag(Field.More, list.More);
    }

    private static void WriteReports(JsonLineWriter line, ReportList list)
    {
        Start(line, FrameType.Reports, list.Id, list.Room);
        line.StartArray(Field.Reports);
        foreach (var entry in list.Reports)
        {
            line.StartObject();
            line.Add(Field.Ref, entry.Ref);
            line.Add(Field.From, entry.From);
            line.Add(Field.User, entry.User);
            line.Add(Field.Ts, entry.Ts);
            line.Add(Field.Text, entry.Text);
            line.EndObject();
        }

        line.EndArray();
        line.AddFlag(Field.More, list.More);
    }

    private static void WritePage(JsonLineWriter line, Page page)
    {
        Start(line, FrameType.Page, page.Id, page.Room);
        line.StartArray(Field.Events);
        foreach (var ev in page.Events)
        {
            line.StartObject();
            WriteEvent(line, ev);
            line.EndObject();
        }

        line.EndArray();
        line.Add(Field.First, page.First);
        line.Add(Field.Last, page.Last);
        line.AddFlag(Field.More, page.More);
    }
}
