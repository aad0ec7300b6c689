using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>What is true of every error code, in one place.</summary>
public static class ErrorCodes
{
    /// <summary>The code on the wire: <c>rate_limited</c>.</summary>
    public static string Word(ErrorCode code) => Words<ErrorCode>.Of(code).Value;

    /// <summary>True where the same command can succeed later, and so where an error carries <c>retry</c>.</summary>
    public static bool CanRetry(ErrorCode code) => code is ErrorCode.RateLimited or ErrorCode.Unavailable or ErrorCode.Timeout;
}
