using System.Text;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol.Text;

/// <summary>What text mode hangs on messages, for JSON clients to show it likewise.</summary>
public static class TextMeta
{
    /// <summary>The meta of a message that is told in the third person.</summary>
    public const string Me = """{"me":true}""";

    /// <summary>True for a meta object, whoever wrote it, that says so.</summary>
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
