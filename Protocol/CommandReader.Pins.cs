using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>Reads the sends that pin and unpin messages.</summary>
public static partial class CommandReader
{
    /// <summary>Reads a send that pins or unpins a message; null for a send of another kind.</summary>
    private static Send? PinOrUnpin(string key, string room, EventKind kind, ref FieldReader fields)
    {
        if (kind is not (EventKind.Pin or EventKind.Unpin))
        {
            return null;
        }

        foreach (var field in (ReadOnlySpan<Field>)
        [
            Field.Text, Field.Reply, Field.Meta, Field.User, Field.Role, Field.Until, Field.Settings, Field.Code, Field.Uses,
        ])
        {
            Refuse(ref fields, field, kind);
        }

        return new Send(key, room, kind, null, fields.Need(Field.Ref, fields.Number(Field.Ref, 1)), null, null);
    }
}
