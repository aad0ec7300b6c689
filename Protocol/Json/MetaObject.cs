using System.Text;
using System.Text.Json;

namespace OrleansChat.Protocol.Json;

/// <summary>The JSON object in the <c>meta</c> field of a message.</summary>
internal static class MetaObject
{
    /// <summary>
    /// Removes the white space between tokens and keeps everything else verbatim. Returns null if a string contains
    /// U+0000 or an unpaired surrogate.
    /// </summary>
    /// <param name="json">One well-formed JSON object.</param>
    public static string? Compact(ReadOnlySpan<byte> json)
    {
        var compact = new byte[json.Length];
        var length = 0;
        var reader = new Utf8JsonReader(json);
        var comma = false;
        while (reader.Read())
        {
            var isEnd = reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;
            if (comma && !isEnd)
            {
                compact[length++] = (byte)',';
            }

            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped
                && FieldReader.ReadString(ref reader) is null)
            {
                return null;
            }

            // Copy only the bytes of the token. After a property name, the reader has also consumed the colon.
            var token = json[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                token = json.Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
            }

            token.CopyTo(compact.AsSpan(length));
            length += token.Length;
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                compact[length++] = (byte)':';
            }

            comma = reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.StartObject or JsonTokenType.StartArray);
        }

        return Encoding.UTF8.GetString(compact, 0, length);
    }
}
