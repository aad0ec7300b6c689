using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OrleansChat.Protocol.Json;

/// <summary>
/// The words of an enum on the wire: its names in snake case. Every field, type, kind and error code is spelled by this
/// rule, for writing and for reading. The enum's underlying type must be <c>int</c>, and its values 0, 1, 2 and so on.
/// </summary>
internal static class Words<T>
    where T : struct, Enum
{
    private static readonly JsonEncodedText[] All =
        Array.ConvertAll(Enum.GetNames<T>(), name => JsonEncodedText.Encode(JsonNamingPolicy.SnakeCaseLower.ConvertName(name)));

    public static int Count => All.Length;

    public static JsonEncodedText Of(T value) => All[Unsafe.BitCast<T, int>(value)];

    /// <summary>
    /// The value with this word; null if there is none. A linear search is fast: there are few words, and most differ
    /// in length.
    /// </summary>
    public static T? Find(ReadOnlySpan<byte> word)
    {
        for (var i = 0; i < All.Length; i++)
        {
            if (word.SequenceEqual(All[i].EncodedUtf8Bytes))
            {
                return Unsafe.BitCast<int, T>(i);
            }
        }

        return null;
    }
}
