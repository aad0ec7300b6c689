using System.Text;
using System.Text.Json;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Access;

/// <summary>The rights that a token grants: patterns of room names, each with a list of actions.</summary>
/// <param name="Patterns">
/// Each pattern with its actions. A pattern is a room name, or a prefix and then <c>*</c>. A prefix matches all rooms
/// whose name begins with it.
/// </param>
internal sealed record RightsClaim(IReadOnlyList<(string Pattern, string[] Actions)> Patterns)
{
    public const int MaxPatterns = 64;
    public const int MaxBytes = 2048;

    public static readonly string[] Actions = ["join", "read", "write", "react", "invite", "moderate", "manage", "pin"];

    /// <summary>Reads a claim. If the claim is not valid, returns null and says what is wrong with it.</summary>
    public static RightsClaim? Parse(JsonElement claim, out string wrong)
    {
        wrong = "";
        if (claim.ValueKind != JsonValueKind.Object)
        {
            wrong = "must be an object of patterns, each with a list of actions";
            return null;
        }

        if (Encoding.UTF8.GetByteCount(claim.GetRawText()) > MaxBytes)
        {
            wrong = $"may have up to {MaxBytes} bytes";
            return null;
        }

        var patterns = new List<(string, string[])>();
        foreach (var entry in claim.EnumerateObject())
        {
            if (!IsPattern(entry.Name))
            {
                wrong = "a pattern must be a room name, or the beginning of room names and then *";
                return null;
            }

            if (entry.Value.ValueKind != JsonValueKind.Array
                || !entry.Value.EnumerateArray().All(action => action.ValueKind == JsonValueKind.String && Actions.Contains(action.GetString())))
            {
                wrong = $"the value of a pattern must be a list of these actions: {string.Join(", ", Actions)}";
                return null;
            }

            patterns.Add((entry.Name, [.. entry.Value.EnumerateArray().Select(action => action.GetString()!).Distinct()]));
        }

        if (patterns.Count > MaxPatterns)
        {
            wrong = $"may have up to {MaxPatterns} patterns";
            return null;
        }

        return new(patterns);
    }

    private static bool IsPattern(string pattern) => pattern.EndsWith('*') ? IsPrefix(pattern[..^1]) : RoomName.IsValid(pattern);

    private static bool IsPrefix(string prefix)
    {
        var rest = prefix.StartsWith(RoomName.PrivateMark) ? prefix[1..] : prefix;
        return rest.Length == 0 || RoomName.IsValid(rest);
    }
}
