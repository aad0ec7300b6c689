using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Limits that apply before a WebSocket is open, when the user is not known yet. Section <c>Http</c>.
/// </summary>
internal sealed class HttpOptions
{
    public const string Section = "Http";

    /// <summary>
    /// Maximum number of sockets that are not upgraded to WebSockets, including those of health probes and page
    /// requests. Further sockets are closed at once. The gateway lowers this setting at startup if it has too few file
    /// descriptors.
    /// </summary>
    [Range(1, 1_000_000)] public int Sockets { get; set; } = 10_000;

    /// <summary>
    /// How long a socket may stay open without a request. Must be longer than the time for which a proxy in front of
    /// the gateway keeps idle connections; otherwise requests are lost.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(75);

    /// <summary>
    /// How long a client may take to send the request line and all headers, from the first byte. After this time, the
    /// server answers with 408.
    /// </summary>
    internal TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum bytes of the request line, which contains the URL. A longer line gets 414.</summary>
    internal int LineBytes { get; set; } = 8 * 1024;

    /// <summary>Maximum bytes of all headers of a request together. A request with larger headers gets 431.</summary>
    internal int HeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Maximum number of headers of a request. A request with more headers gets 431.</summary>
    internal int Headers { get; set; } = 64;

    /// <summary>
    /// Maximum bytes that the server buffers per socket before the gateway reads them. One flooding client costs this
    /// much memory. A value below <see cref="LineBytes"/> plus <see cref="HeaderBytes"/> is raised to this sum.
    /// </summary>
    internal int ReadBufferBytes { get; set; } = 64 * 1024;
}
