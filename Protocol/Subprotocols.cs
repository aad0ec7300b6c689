namespace OrleansChat.Protocol;

/// <summary>The WebSocket subprotocols, which pick a connection's mode (RFC 6455 §1.9). None means text.</summary>
public static class Subprotocols
{
    /// <summary>JSON objects, one a line.</summary>
    public const string Json = "orleanschat.v1.json";

    /// <summary>Plain lines, for people and the oldest of clients.</summary>
    public const string Text = "orleanschat.v1.text";

    /// <summary>Before a base64url token, offered beside a mode by browsers, which cannot set headers. Never selected.</summary>
    public const string BearerPrefix = "bearer.";
}
