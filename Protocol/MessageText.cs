using System.Text;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>What a message's text may be, the same in JSON and in text mode.</summary>
internal static class MessageText
{
    /// <summary>What is wrong with a text that has no lone surrogate; null for nothing.</summary>
    public static Failure? Check(string text, ProtocolLimits limits) => text switch
    {
        "" => new Failure(ErrorCode.BadRequest, "text is empty"),
        _ when !Scalars.AtMost(text, limits.TextCharacters) =>
            new Failure(ErrorCode.TooLarge, $"text is longer than {limits.TextCharacters} characters"),
        _ when Encoding.UTF8.GetByteCount(text) > limits.TextBytes =>
            new Failure(ErrorCode.TooLarge, $"text is longer than {limits.TextBytes} bytes"),
        _ => null,
    };
}
