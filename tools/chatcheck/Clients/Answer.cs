using System.Text.Json;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>The server's answer to a command. Fields that the answer does not have keep their defaults.</summary>
/// <param name="Type">"ok", "err", "page", "who" or "conversations".</param>
internal sealed record Answer(string Type)
{
    public int Seq { get; init; }

    public string Code { get; init; } = "";

    public string Message { get; init; } = "";

    /// <summary>Milliseconds after which to retry; null if the server named no time.</summary>
    public int? Retry { get; init; }

    public bool More { get; init; }

    public IReadOnlyList<MessageLogEntry> Events { get; init; } = [];

    public IReadOnlyList<string>? Users { get; init; }

    /// <summary>The list in an answer to <c>conversations</c>.</summary>
    public ListSeen? List { get; init; }

    /// <summary>Whether the same command may succeed later.</summary>
    public bool CanBeRepeated => Code is "unavailable" or "timeout" or "rate_limited";

    /// <param name="eventOf">Finds the send that produced an event.</param>
    /// <param name="listOf">Reads a list of conversations.</param>
    public static Answer Read(JsonElement answer, Func<JsonElement, MessageLogEntry> eventOf, Func<JsonElement, ListSeen> listOf) => new(answer.GetProperty("t").GetString()!)
    {
        List = answer.TryGetProperty("rooms", out _) ? listOf(answer) : null,
        Seq = answer.TryGetProperty("seq", out var seq) ? seq.GetInt32() : 0,
        Code = answer.TryGetProperty("code", out var code) && code.ValueKind is JsonValueKind.String ? code.GetString()! : "",
        Message = answer.TryGetProperty("message", out var message) ? message.GetString()! : "",
        Retry = answer.TryGetProperty("retry", out var retry) ? retry.GetInt32() : null,
        More = answer.TryGetProperty("more", out var more) && more.GetBoolean(),
        Events = answer.TryGetProperty("events", out var events) ? [.. events.EnumerateArray().Select(eventOf)] : [],
        Users = answer.TryGetProperty("users", out var users) ? [.. users.EnumerateArray().Select(user => user.GetString()!)] : null,
    };
}
