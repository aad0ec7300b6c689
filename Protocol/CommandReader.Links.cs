using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>Reads the parts of commands that make, end and use invitation links.</summary>
public static partial class CommandReader
{
    /// <summary>Reads a send that makes or ends an invitation link; null for a send of another kind.</summary>
    private static Send? LinkOrUnlink(string key, string room, EventKind kind, ref FieldReader fields)
    {
        if (kind is not (EventKind.Link or EventKind.Unlink))
        {
            return null;
        }

        foreach (var field in (ReadOnlySpan<Field>)[Field.Text, Field.Reply, Field.Meta, Field.Mentions, Field.User, Field.Role])
        {
            Refuse(ref fields, field, kind);
        }

        if (kind == EventKind.Link)
        {
            Refuse(ref fields, Field.Ref, kind);
            var code = fields.Need(Field.Code, Code(ref fields, Field.Code));
            return new Send(key, room, kind, null, null, null, null, Until: fields.Number(Field.Until, 1), Code: code, Uses: Uses(ref fields));
        }

        Refuse(ref fields, Field.Until, kind);
        Refuse(ref fields, Field.Code, kind);
        Refuse(ref fields, Field.Uses, kind);
        return new Send(key, room, kind, null, fields.Need(Field.Ref, fields.Number(Field.Ref, 1)), null, null);
    }

    /// <summary>
    /// Reads the code of a link; null if absent or invalid. The error does not contain the code, because the code is a
    /// secret.
    /// </summary>
    private static string? Code(ref FieldReader fields, Field field)
    {
        var code = fields.String(field);
        if (code is null || LinkCode.IsValid(code))
        {
            return code;
        }

        fields.Fail(ChatErrorCode.BadRequest, $"{FieldReader.Name(field)}: {LinkCode.Rule}");
        return null;
    }

    private static int? Uses(ref FieldReader fields)
    {
        var uses = fields.Number(Field.Uses, 1);
        if (uses > Bounds.LinkUses)
        {
            fields.Fail(ChatErrorCode.BadRequest, $"uses must be a whole number from 1 to {Bounds.LinkUses}");
            return null;
        }

        return (int?)uses;
    }
}
