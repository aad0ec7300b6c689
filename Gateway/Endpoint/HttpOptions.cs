using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Limits that apply before a WebSocket is open, when the user is not known yet. Section <c>Http</c>.
/// </summary>
internal sealed class HttpOptions
{
    public const string Section = "Http";

    /// <summary>
    /// Maximum number of sockets that are not WebSockets or not yet upgraded, including health probes and page
    /// requests. Further sockets are closed at once. Lowered at startup if file descriptors do not suffice.
    /// </summary>
    [Range(1, 1_000_000)] public int Sockets { get; set; } = 10_000;

    /// <summary>
    /// How long a socket may stay open without a request. Must be longer than the time for which a proxy in front keeps
    /// idle connections; otherwise requests are lost.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(75);

    /// <summary>
    /// How long a client has to send the request line and all headers, from the first byte. Then the answer is 408.
    /// </summary>
    internal TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of the request line, which holds the address. A longer line is answered with 414.</summary>
    internal int LineBytes { get; set; } = 8 * 1024;

    /// <summary>Bytes of all headers of a request together. More are answered with 431.</summary>
    internal int HeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Number of headers of a request. More are answered with 431.</summary>
    internal int Headers { get; set; } = 64;

    /// <summary>
    /// Bytes that are buffered per socket before the gateway reads them: the memory that one flooding client costs. At
    /// least <see cref="LineBytes"/> plus <see cref="HeaderBytes"/>.
    /// </summary>
    internal int ReadBufferBytes { get; set; } = 64 * 1024;
}
