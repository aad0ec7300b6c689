using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway;

/// <summary>Bounds of what comes before a WebSocket: sockets and requests of people nobody knows yet. Section <c>Http</c>.</summary>
internal sealed class HttpOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Http";

    /// <summary>Sockets that are no WebSocket (yet), health probes and pages too; one more is closed at once.</summary>
    [Range(1, 1_000_000)] public int Sockets { get; set; } = 10_000;

    /// <summary>Seconds for a request's line and headers, from its first byte; then 408.</summary>
    [Range(1, 300)] public int HeaderSeconds { get; set; } = 10;

    /// <summary>Seconds for which a socket may be open without a request. Longer than a proxy in front keeps its own connections, or it loses requests.</summary>
    [Range(1, 3600)] public int IdleSeconds { get; set; } = 75;

    /// <summary>Bytes of a request's first line, its address with it; a longer one gets 414.</summary>
    [Range(1024, 64 * 1024)] public int LineBytes { get; set; } = 8 * 1024;

    /// <summary>Bytes of all headers of a request; more get 431.</summary>
    [Range(4 * 1024, 256 * 1024)] public int HeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Headers of a request; more get 431.</summary>
    [Range(16, 1000)] public int Headers { get; set; } = 64;

    /// <summary>Bytes that are taken from a socket before anybody reads them: what each flooder costs in memory. No less than a request may have.</summary>
    [Range(16 * 1024, 16 * 1024 * 1024)] public int ReadBufferBytes { get; set; } = 64 * 1024;
}
