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
        if (LinkOrUnlink(key, room, kind, ref fields) is { } link)
        {
            return link;
        }

        if (kind > EventKind.Unreact)
        {
            return Change(key, room, kind, ref fields);
        }

        Refuse(ref fields, Field.User, kind);
        Refuse(ref fields, Field.Role, kind);
        Refuse(ref fields, Field.Until, kind);
        Refuse(ref fields, Field.Settings, kind);
        var isMessage = kind == EventKind.Msg;
        var reference = isMessage ? null : (long?)fields.Need(Field.Ref, fields.Number(Field.Ref, 1));
        var reply = isMessage ? fields.Number(Field.Reply, 1) : null;
        Refuse(ref fields, isMessage ? Field.Ref : Field.Reply, kind);
        var text = Text(kind, ref fields, limits);
        return new Send(key, room, kind, text, reference, reply, Meta(ref fields, limits), Mentions: Mentions(kind, ref fields));
    }

    /// <summary>Reads a send that changes the members, the title or the settings of a group.</summary>
    private static Send Change(string key, string room, EventKind kind, ref FieldReader fields)
    {
        if (kind is < EventKind.Invite or > EventKind.Settings)
        {
            fields.Fail(
                ChatErrorCode.BadRequest,
                "kind must be msg, edit, delete, react, unreact, invite, kick, ban, unban, mute, unmute, role, title, settings, link or unlink");
        }

        Refuse(ref fields, Field.Ref, kind);
        Refuse(ref fields, Field.Reply, kind);
        Refuse(ref fields, Field.Meta, kind);
        Refuse(ref fields, Field.Mentions, kind);
        if (kind is EventKind.Title or EventKind.Settings)
        {
            Refuse(ref fields, Field.User, kind);
        }

        if (kind != EventKind.Title)
        {
            Refuse(ref fields, Field.Text, kind);
        }

        if (kind != EventKind.Settings)
        {
            Refuse(ref fields, Field.Settings, kind);
        }

        if (kind != EventKind.Role)
        {
            Refuse(ref fields, Field.Role, kind);
        }

        if (kind is not (EventKind.Ban or EventKind.Mute))
        {
            Refuse(ref fields, Field.Until, kind);
        }

        return kind switch
        {
            EventKind.Title => new Send(key, room, kind, fields.Need(Field.Text, Title(ref fields, Field.Text)), null, null, null),
            EventKind.Settings => new Send(key, room, kind, null, null, null, null, Settings: Settings(ref fields)),
            _ => new Send(key, room, kind, null, null, null, null, User(ref fields), Role(kind, ref fields), fields.Number(Field.Until, 1)),
        };
    }

    private static GroupSettings? Settings(ref FieldReader fields)
    {
        if (!fields.Has(Field.Settings))
        {
            fields.Fail(ChatErrorCode.BadRequest, "settings is missing");
        }

        return SettingsFields.Read(ref fields);
    }

    private static string User(ref FieldReader fields)
    {
        var user = fields.Need(Field.User, fields.String(Field.User));
        if (!UserId.IsUser(user))
        {
            fields.Fail(ChatErrorCode.BadRequest, UserId.Rule);
        }

        return user;
    }

    private static MemberRole? Role(EventKind kind, ref FieldReader fields)
    {
        if (kind != EventKind.Role)
        {
            return null;
        }

        var role = fields.Need(Field.Role, fields.Word<MemberRole>(Field.Role));
        if (role == MemberRole.Invited)
        {
            fields.Fail(ChatErrorCode.BadRequest, "role must be owner, moderator or member");
        }

        return role;
    }

    /// <summary>The title of a group; null if absent or invalid.</summary>
    private static string? Title(ref FieldReader fields, Field field)
    {
        var title = fields.String(field, Bounds.TitleCharacters);
        if (title is not null && title.Any(char.IsControl))
        {
            fields.Fail(ChatErrorCode.BadRequest, $"{FieldReader.Name(field)} contains a control character");
        }

        return title;
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

    /// <summary>The names that a message mentions, each once; null if absent or invalid.</summary>
    private static List<string>? Mentions(EventKind kind, ref FieldReader fields)
    {
        if (kind != EventKind.Msg)
        {
            Refuse(ref fields, Field.Mentions, kind);
            return null;
        }

        var json = fields.Json(Field.Mentions, JsonTokenType.StartArray);
        if (json.IsEmpty)
        {
            return null;
        }

        var names = new List<string>();
        var count = 0;
        var reader = new Utf8JsonReader(json);
        for (reader.Read(); reader.Read() && reader.TokenType != JsonTokenType.EndArray;)
        {
            var name = reader.TokenType == JsonTokenType.String ? FieldReader.ReadString(ref reader) : null;
            if (++count > Bounds.MentionsPerMessage)
            {
                break;
            }

            if (name is null || !Mention.IsValid(name))
            {
                fields.Fail(ChatErrorCode.BadRequest, Mention.Rule);
                return null;
            }

            if (!names.Contains(name))
            {
                names.Add(name);
            }
        }

        if (count is 0 or > Bounds.MentionsPerMessage)
        {
            fields.Fail(ChatErrorCode.BadRequest, $"mentions must have 1 to {Bounds.MentionsPerMessage} names; leave it out to mention nobody");
            return null;
        }

        return names;
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
