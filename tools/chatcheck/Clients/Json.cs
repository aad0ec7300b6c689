using System.Text.Json;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>Reads optional fields of a frame.</summary>
internal static class Json
{
    /// <summary>The number in a field; 0 if the field is absent.</summary>
    public static int NumberOf(JsonElement json, string field) => json.TryGetProperty(field, out var number) ? number.GetInt32() : 0;

    public static bool IsTrue(JsonElement json, string field) => json.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.True;

    /// <summary>The text in a field; null if the field is absent.</summary>
    public static string? TextOf(JsonElement json, string field) => json.TryGetProperty(field, out var text) ? text.GetString() : null;
}
