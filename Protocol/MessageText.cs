using System.Text;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>The rules for a message's text, the same in JSON mode and in text mode.</summary>
internal static class MessageText
{
    /// <summary>
    /// Returns the error, or null if the text is valid. The text must not contain an unpaired surrogate.
    /// </summary>
    public static Failure? Check(string text, ProtocolLimits limits) => text switch
    {
        "" => new Failure(ChatErrorCode.BadRequest, "text is empty"),
        _ when !Scalars.AtMost(text, limits.TextCharacters) =>
            new Failure(ChatErrorCode.TooLarge, $"text is longer than {limits.TextCharacters} characters"),
        _ when Encoding.UTF8.GetByteCount(text) > limits.TextBytes =>
            new Failure(ChatErrorCode.TooLarge, $"text is longer than {limits.TextBytes} bytes"),
        _ => null,
    };
}
