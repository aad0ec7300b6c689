using System.Text;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol.Text;

/// <summary>
/// The meta that text mode adds to messages, so that JSON clients can show these messages in the same way as text mode.
/// </summary>
public static class TextMeta
{
    /// <summary>The meta of a message that is shown in the third person.</summary>
    public const string Me = """{"me":true}""";

    /// <summary>
    /// True if the message is to be shown in the third person. The meta may come from any client, so other fields are
    /// ignored, and any value except <c>true</c> counts as false.
    /// </summary>
    public static bool IsMe(string? meta)
    {
        if (meta is null or Me)
        {
            return meta is not null;
        }

        var fields = new FieldReader(Encoding.UTF8.GetBytes(meta), stackalloc FieldReader.Slot[FieldReader.SlotCount], Bounds.Depth);
        return fields.Flag(Field.Me) ?? false;
    }
}
