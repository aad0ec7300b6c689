using System.Text;
using System.Text.Json;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>Reads <c>send</c>, whose fields depend on the kind of event.</summary>
public static partial class CommandReader
{
    private static Send Send(string? id, ref FieldReader fields, ProtocolLimits limits)
    {
        var key = fields.Need(Field.Id, id);
        var room = Room(ref fields);
        var kind = fields.Word<EventKind>(Field.Kind) ?? EventKind.Msg;
        if (kind > EventKind.Unreact)
        {
            fields.Fail(ChatErrorCode.BadRequest, "kind must be msg, edit, delete, react or unreact");
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
                fields.Fail(ChatErrorCode.TooLarge, $"the emoji in text is longer than {Bounds.EmojiBytes} bytes");
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
            fields.Fail(ChatErrorCode.BadRequest, $"{FieldReader.Name(field)} is not allowed in kind {Words<EventKind>.Of(kind)}");
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
            fields.Fail(ChatErrorCode.BadRequest, "meta contains U+0000 or an unpaired surrogate");
        }
        else if (Encoding.UTF8.GetByteCount(meta) > limits.MetaBytes)
        {
            fields.Fail(ChatErrorCode.TooLarge, $"meta is longer than {limits.MetaBytes} bytes");
        }

        return meta;
    }
}
