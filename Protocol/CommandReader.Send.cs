using System.Text;
using System.Text.Json;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>The command that has rules of its own: which fields belong to which kind of event.</summary>
public static partial class CommandReader
{
    private static Send Send(string? id, ref FieldReader fields, ProtocolLimits limits)
    {
        var key = fields.Need(Field.Id, id);
        var room = Room(ref fields);
        var kind = fields.Word<EventKind>(Field.Kind) ?? EventKind.Msg;
        if (kind > EventKind.Unreact)
        {
            fields.Fail(ErrorCode.BadRequest, "kind must be msg, edit, delete, react or unreact");
        }

        var isMessage = kind == EventKind.Msg;
        var reference = isMessage ? null : (long?)fields.Need(Field.Ref, fields.Number(Field.Ref, 1));
        var reply = isMessage ? fields.Number(Field.Reply, 1) : null;
        Refuse(ref fields, isMessage ? Field.Ref : Field.Reply, kind);
        return new Send(key, room, kind, Text(kind, ref fields, limits), reference, reply, Meta(ref fields, limits));
    }

    private static string? Text(EventKind kind, ref FieldReader fields, ProtocolLimits limits)
    {
        if (kind == EventKind.Delete)
        {
            Refuse(ref fields, Field.Text, kind);
            return null;
        }

        var text = fields.Need(Field.Text, fields.String(Field.Text));
        if (kind is EventKind.React or EventKind.Unreact)
        {
            if (Encoding.UTF8.GetByteCount(text) > Bounds.EmojiBytes)
            {
                fields.Fail(ErrorCode.TooLarge, $"text, the emoji, is longer than {Bounds.EmojiBytes} bytes");
            }
        }
        else if (MessageText.Check(text, limits) is { } failure)
        {
            fields.Fail(failure.Code, failure.Message);
        }

        return text;
    }

    private static void Refuse(ref FieldReader fields, Field field, EventKind kind)
    {
        if (fields.Has(field))
        {
            fields.Fail(ErrorCode.BadRequest, $"{FieldReader.Name(field)} has no place in kind {Words<EventKind>.Of(kind)}");
        }
    }

    private static string? Meta(ref FieldReader fields, ProtocolLimits limits)
    {
        var json = fields.Json(Field.Meta, JsonTokenType.StartObject);
        if (json.IsEmpty)
        {
            return null;
        }

        var meta = MetaObject.Compact(json);
        if (meta is null)
        {
            fields.Fail(ErrorCode.BadRequest, "meta has U+0000 or half of a surrogate pair");
        }
        else if (Encoding.UTF8.GetByteCount(meta) > limits.MetaBytes)
        {
            fields.Fail(ErrorCode.TooLarge, $"meta is longer than {limits.MetaBytes} bytes");
        }

        return meta;
    }
}
