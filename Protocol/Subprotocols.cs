namespace OrleansChat.Protocol;

/// <summary>
/// The WebSocket subprotocols (RFC 6455 §1.9). The first subprotocol that the client offers selects the mode of the
/// connection: JSON or text. If the client offers no subprotocol, the mode is text.
/// </summary>
public static class Subprotocols
{
    /// <summary>JSON mode: JSON objects, one per line.</summary>
    public const string Json = "orleanschat.v1.json";

    /// <summary>Text mode: plain lines, for people and for simple clients.</summary>
    public const string Text = "orleanschat.v1.text";

    /// <summary>
    /// Prefix of a subprotocol that contains a token in base64url. A web page cannot set headers of a WebSocket
    /// request, so it offers the token as a second subprotocol. The server never selects this subprotocol.
    /// </summary>
    public const string BearerPrefix = "bearer.";
}
