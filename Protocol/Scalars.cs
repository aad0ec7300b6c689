namespace OrleansChat.Protocol;

/// <summary>
/// Measures the length of a text in Unicode scalar values. The protocol uses this unit because a text has the same
/// number of scalar values in every programming language.
/// </summary>
internal static class Scalars
{
    /// <summary>
    /// True if the text has at most <paramref name="count"/> scalar values. The text must not contain an unpaired
    /// surrogate: this method assumes that each low surrogate belongs to a pair.
    /// </summary>
    public static bool AtMost(string text, int count)
    {
        if (text.Length <= count)
        {
            return true;
        }

        var scalars = 0;
        foreach (var unit in text)
        {
            scalars += char.IsLowSurrogate(unit) ? 0 : 1;
        }

        return scalars <= count;
    }
}
