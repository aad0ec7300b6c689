using System.Text.Json;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>What the server answered to a command.</summary>
/// <param name="Type">"ok", "err", "page", "who", "joined", "pong".</param>
/// <param name="Retry">Milliseconds after which to try again; null where that cannot help.</param>
internal sealed record Answer(string Type)
{
    public int Seq { get; init; }

    public string Code { get; init; } = "";

    public string Message { get; init; } = "";

    public int? Retry { get; init; }

    public bool More { get; init; }

    public IReadOnlyList<LogEntry> Events { get; init; } = [];

    public IReadOnlyList<string>? Users { get; init; }

    /// <summary>Whether the same command may succeed later.</summary>
    public bool CanBeRepeated => Code is "unavailable" or "timeout" or "rate_limited";

    /// <summary>Reads one.</summary>
    /// <param name="eventOf">Which send an event is.</param>
    public static Answer Read(JsonElement answer, Func<JsonElement, LogEntry> eventOf) => new(answer.GetProperty("t").GetString()!)
    {
        Seq = answer.TryGetProperty("seq", out var seq) ? seq.GetInt32() : 0,
        Code = answer.TryGetProperty("code", out var code) && code.ValueKind is JsonValueKind.String ? code.GetString()! : "",
        Message = answer.TryGetProperty("message", out var message) ? message.GetString()! : "",
        Retry = answer.TryGetProperty("retry", out var retry) ? retry.GetInt32() : null,
        More = answer.TryGetProperty("more", out var more) && more.GetBoolean(),
        Events = answer.TryGetProperty("events", out var events) ? [.. events.EnumerateArray().Select(eventOf)] : [],
        Users = answer.TryGetProperty("users", out var users) ? [.. users.EnumerateArray().Select(user => user.GetString()!)] : null,
    };
}
