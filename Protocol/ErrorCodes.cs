using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>Rules that apply to every error code.</summary>
public static class ErrorCodes
{
    /// <summary>The code as written on the wire, such as <c>rate_limited</c>.</summary>
    public static string Word(ChatErrorCode code) => Words<ChatErrorCode>.Of(code).Value;

    /// <summary>
    /// True if the same command can succeed later. Only an error with such a code may have <c>retry</c>.
    /// </summary>
    public static bool CanRetry(ChatErrorCode code) => code is ChatErrorCode.RateLimited or ChatErrorCode.Unavailable or ChatErrorCode.Timeout;
}
