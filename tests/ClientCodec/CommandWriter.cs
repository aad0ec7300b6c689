using System.Buffers;
using OrleansChat.Protocol;
using OrleansChat.Protocol.Json;

namespace OrleansChat.ClientCodec;

/// <summary>
/// Writes the commands of clients. Each command is one JSON object on one line. The writer does not check whether the
/// protocol allows a command, so tests can send commands that the server must refuse.
/// </summary>
public static class CommandWriter
{
    public static byte[] Encode(ClientCommand command)
    {
        var into = new ArrayBufferWriter<byte>();
        Write(into, command);
        return into.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Writes the command without a line break before or after it. Throws an exception if the meta of a send is not
    /// JSON.
    /// </summary>
    public static void Write(IBufferWriter<byte> into, ClientCommand command)
    {
        using var line = new JsonLineWriter(into);
        switch (command)
        {
            case Hello hello:
                Start(line, CommandType.Hello, hello);
                line.Add(Field.Token, hello.Token);
                line.Add(Field.Device, hello.Device);
                WriteCursors(line, hello.Rooms);
                line.Add(Field.Conversations, hello.Conversations);
                line.Add(Field.Since, hello.Since);
                break;
            case Join join:
                Start(line, CommandType.Join, join, join.Room);
                line.Add(Field.After, join.After);
                line.Add(Field.Epoch, join.Epoch);
                line.Add(Field.Last, join.Last);
                line.Add(Field.Kind, join.Kind);
                line.AddEither(Field.Resume, join.Resume ? true : null);
                line.Add(Field.Link, join.Link);
                break;
            case Leave leave:
                Start(line, CommandType.Leave, leave, leave.Room);
                line.AddEither(Field.Member, leave.KeepMembership ? null : false);
                break;
            case Send send:
                WriteSend(line, send);
                break;
            case Mark mark:
                Start(line, CommandType.Mark, mark, mark.Room);
                line.Add(Field.Read, mark.Read);
                break;
            case Typing typing:
                Start(line, CommandType.Typing, typing, typing.Room);
                break;
            case History history:
                Start(line, CommandType.History, history, history.Room);
                line.Add(Field.Before, history.Before);
                line.Add(Field.After, history.After);
                line.Add(Field.Around, history.Around);
                line.Add(Field.Thread, history.Thread);
                line.AddFlag(Field.Pinned, history.Pinned);
                line.AddFlag(Field.Changes, history.Changes);
                line.Add(Field.Limit, history.Limit);
                break;
            case Who who:
                Start(line, CommandType.Who, who, who.Room);
                break;
            case Conversations list:
                Start(line, CommandType.Conversations, list, list.Room);
                line.Add(Field.Before, list.Before);
                line.Add(Field.Limit, list.Limit);
                line.Add(Field.Since, list.Since);
                break;
            case SetConversation set:
                Start(line, CommandType.Conversation, set, set.Room);
                line.AddEither(Field.Pinned, set.Pinned);
                line.AddEither(Field.Archived, set.Archived);
                line.AddEither(Field.Hidden, set.Hidden);
                line.AddEither(Field.Followed, set.Followed);
                line.Add(Field.Muted, set.Muted);
                break;
            case Create create:
                Start(line, CommandType.Create, create);
                line.Add(Field.Title, create.Title);
                break;
            case Members members:
                Start(line, CommandType.Members, members, members.Room);
                line.Add(Field.After, members.After);
                line.Add(Field.Limit, members.Limit);
                break;
            case Readers readers:
                Start(line, CommandType.Readers, readers, readers.Room);
                line.Add(Field.Ref, readers.Ref);
                break;
            case Block block:
                Start(line, CommandType.Block, block);
                line.Add(Field.User, block.User);
                break;
            case Unblock unblock:
                Start(line, CommandType.Unblock, unblock);
                line.Add(Field.User, unblock.User);
                break;
            case Blocks blocks:
                Start(line, CommandType.Blocks, blocks);
                break;
            case Report report:
                Start(line, CommandType.Report, report, report.Room);
                line.Add(Field.Ref, report.Ref);
                line.Add(Field.Text, report.Text);
                break;
            case Reports reports:
                Start(line, CommandType.Reports, reports, reports.Room);
                line.Add(Field.Limit, reports.Limit);
                break;
            case Dismiss dismiss:
                Start(line, CommandType.Dismiss, dismiss, dismiss.Room);
                line.Add(Field.Ref, dismiss.Ref);
                break;
            case Ping ping:
                Start(line, CommandType.Ping, ping);
                break;
            case Auth auth:
                Start(line, CommandType.Auth, auth);
                line.Add(Field.Token, auth.Token);
                break;
            default:
                throw new InvalidOperationException($"{command.GetType().Name} has no writer.");
        }
    }

    private static void Start(JsonLineWriter line, CommandType type, ClientCommand command, string? room = null)
    {
        line.AddWord(Field.T, type);
        line.Add(Field.Id, command.Id);
        line.Add(Field.Room, room);
    }

    private static void WriteCursors(JsonLineWriter line, IReadOnlyList<ResumeRoom> rooms)
    {
        if (rooms.Count == 0)
        {
            return;
        }

        line.StartObject(Field.Rooms);
        foreach (var room in rooms)
        {
            line.StartObject(room.Room);
            line.Add(Field.Seq, room.Seq);
            line.Add(Field.Epoch, room.Epoch);
            line.EndObject();
        }

        line.EndObject();
    }

    private static void WriteSend(JsonLineWriter line, Send send)
    {
        Start(line, CommandType.Send, send, send.Room);
        if (send.Kind != EventKind.Msg)
        {
            line.AddWord(Field.Kind, send.Kind);
        }

        line.Add(Field.Text, send.Text);
        line.Add(Field.Ref, send.Ref);
        line.Add(Field.Reply, send.Reply);
        line.AddJson(Field.Meta, send.Meta);
        line.AddStrings(Field.Mentions, send.Mentions);
        line.Add(Field.User, send.User);
        if (send.Role is { } role)
        {
            line.AddWord(Field.Role, role);
        }

        line.Add(Field.Until, send.Until);
        line.Add(Field.Code, send.Code);
        line.Add(Field.Uses, send.Uses);
        SettingsFields.Write(line, send.Settings, keepsFalse: true);
    }
}
