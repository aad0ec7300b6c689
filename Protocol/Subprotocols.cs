namespace OrleansChat.Protocol;

/// <summary>
/// The WebSocket subprotocols (RFC 6455 §1.9). The first one that the client offers selects the connection's mode. If
/// the client offers none, the mode is text.
/// </summary>
public static class Subprotocols
{
    /// <summary>JSON mode: JSON objects, one per line.</summary>
    public const string Json = "orleanschat.v1.json";

    /// <summary>Text mode: plain lines, for people and for simple clients.</summary>
    public const string Text = "orleanschat.v1.text";

    /// <summary>
    /// Prefix of a base64url token. Browsers, which cannot set headers, offer it besides a mode. The server never
    /// selects it.
    /// </summary>
    public const string BearerPrefix = "bearer.";
}
