using System.Text.Json;

namespace OrleansChat.Protocol.Json;

/// <summary>Reads and writes the object <c>settings</c> of commands and frames.</summary>
internal static class SettingsFields
{
    /// <summary>
    /// If the word of an unknown action has more UTF-16 units than this, the error does not repeat the word.
    /// </summary>
    private const int ShownAction = 32;

    /// <summary>Writes the settings; null is left out.</summary>
    /// <param name="keepsFalse">
    /// True for a command, because a false <c>private</c> has another meaning than an absent one. In a frame from the
    /// server, false is left out.
    /// </param>
    public static void Write(JsonLineWriter line, GroupSettings? settings, bool keepsFalse = false)
    {
        if (settings is null)
        {
            return;
        }

        line.StartObject(Field.Settings);
        line.AddEither(Field.Private, keepsFalse || settings.Private == true ? settings.Private : null);
        WriteActions(line, Field.Members, settings.Members);
        WriteActions(line, Field.Moderators, settings.Moderators);
        line.Add(Field.Slow, settings.Slow);
        line.EndObject();
    }

    /// <summary>Reads the settings; null if absent or invalid. The settings must be an object.</summary>
    public static GroupSettings? Read(ref FieldReader fields)
    {
        var json = fields.Json(Field.Settings, JsonTokenType.StartObject);
        if (json.IsEmpty)
        {
            return null;
        }

        var inner = new FieldReader(json, stackalloc FieldReader.Slot[FieldReader.SlotCount], Bounds.Depth);
        var settings = new GroupSettings(
            inner.Flag(Field.Private), Actions(ref inner, Field.Members), Actions(ref inner, Field.Moderators), Slow(ref inner));
        if (inner.Failure is { } failure)
        {
            fields.Fail(failure.Code, $"settings: {failure.Message}");
            return null;
        }

        return settings;
    }

    private static int? Slow(ref FieldReader settings)
    {
        var slow = settings.Number(Field.Slow, 0);
        if (slow > Bounds.SlowSeconds)
        {
            settings.Fail(ChatErrorCode.BadRequest, $"slow must be a whole number from 0 to {Bounds.SlowSeconds}");
            return null;
        }

        return (int?)slow;
    }

    private static GroupActions? Actions(ref FieldReader settings, Field field)
    {
        var json = settings.Json(field, JsonTokenType.StartArray);
        if (json.IsEmpty)
        {
            return null;
        }

        var actions = GroupActions.None;
        var reader = new Utf8JsonReader(json);
        for (reader.Read(); reader.Read() && reader.TokenType != JsonTokenType.EndArray;)
        {
            var word = reader.TokenType == JsonTokenType.String ? FieldReader.ReadString(ref reader) : null;
            var name = FieldReader.Name(field);
            var action = word is null ? GroupActions.None : GroupActionWords.Find(word);
            if (action == GroupActions.None)
            {
                var shown = word is null or { Length: > ShownAction } ? "an entry" : $"\"{word}\"";
                settings.Fail(
                    ChatErrorCode.BadRequest, $"{shown} of {name} is no action; the actions are {string.Join(", ", GroupActionWords.All)}");
                return null;
            }

            if (actions.HasFlag(action))
            {
                settings.Fail(ChatErrorCode.BadRequest, $"{name} has \"{word}\" twice");
                return null;
            }

            actions |= action;
        }

        return actions;
    }

    private static void WriteActions(JsonLineWriter line, Field field, GroupActions? actions)
    {
        if (actions is { } set)
        {
            line.AddStrings(field, GroupActionWords.List(set));
        }
    }
}
