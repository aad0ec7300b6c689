using System.Text;

namespace OrleansChat.Protocol.Text;

/// <summary>
/// Escapes user ids in lines of text mode. In these lines, a colon ends the sender's name, so a colon in an id is
/// written <c>%3A</c>. A percent sign before <c>3A</c> or <c>25</c> is written <c>%25</c>, so that two
/// different ids never look the same. All other characters are unchanged.
/// </summary>
internal static class TextId
{
    private const string Colon = "%3A";
    private const string Percent = "%25";

    public static string Write(string id)
    {
        if (!id.AsSpan().ContainsAny(':', '%'))
        {
            return id;
        }

        var written = new StringBuilder(id.Length + 8);
        for (var i = 0; i < id.Length; i++)
        {
            _ = id[i] switch
            {
                ':' => written.Append(Colon),
                '%' when Escaped(id, i) is not null => written.Append(Percent),
                var other => written.Append(other),
            };
        }

        return written.ToString();
    }

    /// <summary>Reads an id that is written in either form: escaped, or with plain colons.</summary>
    public static string Read(string written)
    {
        if (!written.Contains('%', StringComparison.Ordinal))
        {
            return written;
        }

        var id = new StringBuilder(written.Length);
        for (var i = 0; i < written.Length; i++)
        {
            if (Escaped(written, i) is { } meant)
            {
                id.Append(meant);
                i += Colon.Length - 1;
            }
            else
            {
                id.Append(written[i]);
            }
        }

        return id.ToString();
    }

    /// <summary>A reference to a room; the user id of a direct conversation is escaped.</summary>
    public static string WriteRoom(string room) => RoomReference.User(room) is { } user ? RoomReference.Direct(Write(user)) : room;

    public static string ReadRoom(string written) => RoomReference.User(written) is { } user ? RoomReference.Direct(Read(user)) : written;

    /// <summary>The character that the escape at this index stands for; null if there is no escape.</summary>
    private static char? Escaped(string text, int at)
    {
        var rest = text.AsSpan(at);
        return rest.StartsWith(Colon, StringComparison.OrdinalIgnoreCase) ? ':'
            : rest.StartsWith(Percent, StringComparison.Ordinal) ? '%'
            : null;
    }
}
