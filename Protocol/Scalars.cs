namespace OrleansChat.Protocol;

/// <summary>Counts a text as people do not, but as every language can: in Unicode scalar values.</summary>
internal static class Scalars
{
    /// <summary>True where the text has at most that many. The text has no lone surrogate, so each low one belongs to a pair.</summary>
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
