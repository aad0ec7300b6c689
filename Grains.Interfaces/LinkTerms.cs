using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// An invitation link of a group. The meta of a <see cref="RoomEventKind.Link"/> event stores it as a JSON object with
/// <c>hash</c>, with <c>uses</c> if the number of uses is limited, and with <c>until</c> if the link expires. The event
/// has no text, ref or reply. A <see cref="RoomEventKind.Unlink"/> event has no text, meta or reply. Its ref is the
/// sequence of the <see cref="RoomEventKind.Link"/> event. Never change this format, because the log has events in this
/// format.
/// </summary>
/// <param name="Hash">The <see cref="HashOf">hash</see> of the link's code. The log never has the code itself.</param>
/// <param name="Uses">The number of users who may join by the link; null for any number.</param>
/// <param name="Until">When the link expires, in milliseconds since 1970 UTC; null for never.</param>
public sealed record LinkTerms(string Hash, int? Uses = null, long? Until = null)
{
    public const int MaxUses = 1000;

    /// <summary>Whether events of this kind make or end a link.</summary>
    public static bool Is(RoomEventKind kind) => kind is RoomEventKind.Link or RoomEventKind.Unlink;

    /// <summary>
    /// Returns the hash that the log stores instead of a code: SHA-256 in base64url. A code has at least 128 random
    /// bits, so nobody can find the code from its hash.
    /// </summary>
    public static string HashOf(string code) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(code)));

    /// <summary>
    /// Reads the terms from an event's meta; null if the meta is not exactly what <see cref="ToMeta"/> writes.
    /// </summary>
    public static LinkTerms? Parse(string? meta)
    {
        if (meta is null)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(meta);
            var terms = new LinkTerms(json.RootElement.GetProperty("hash").GetString()!, (int?)Number("uses"), Number("until"));
            return IsHash(terms.Hash) && terms is { Uses: null or (>= 1 and <= MaxUses), Until: null or >= 1 } && terms.ToMeta() == meta ? terms : null;

            long? Number(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetInt64() : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Returns the meta of an event that makes this link.</summary>
    public string ToMeta()
    {
        var uses = Uses is null ? "" : string.Create(CultureInfo.InvariantCulture, $""","uses":{Uses}""");
        var until = Until is null ? "" : string.Create(CultureInfo.InvariantCulture, $""","until":{Until}""");
        return $$"""{"hash":"{{Hash}}"{{uses}}{{until}}}""";
    }

    private static bool IsHash(string? hash) => hash?.Length == Base64Url.GetEncodedLength(SHA256.HashSizeInBytes) && Base64Url.IsValid(hash);
}
