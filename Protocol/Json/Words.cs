using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OrleansChat.Protocol.Json;

/// <summary>
/// An enum's words on the wire: its names in snake case. The one rule by which every field, type, kind and error code is
/// spelled, for writing and for reading. The enum's values must be 0, 1, 2 … as ints.
/// </summary>
internal static class Words<T>
    where T : struct, Enum
{
    private static readonly JsonEncodedText[] All =
        Array.ConvertAll(Enum.GetNames<T>(), name => JsonEncodedText.Encode(JsonNamingPolicy.SnakeCaseLower.ConvertName(name)));

    /// <summary>How many there are.</summary>
    public static int Count => All.Length;

    /// <summary>The word of a value.</summary>
    public static JsonEncodedText Of(T value) => All[Unsafe.BitCast<T, int>(value)];

    /// <summary>The value of a word, or null where no value has it. The words are few and of many lengths: looking at each is quick.</summary>
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
