namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// A web origin (RFC 6454 §4). Two instances are equal if they are the same origin, even if they were written
/// differently. A host name is compared in its ASCII form (IDNA), in lower case and without a trailing dot; an address
/// is compared in its canonical form. If a port is missing, the scheme's default port is used.
/// </summary>
/// <param name="Port">The port; -1 if none is given and the scheme has no default port.</param>
internal sealed record WebOrigin(string Scheme, string Host, int Port)
{
    /// <summary>
    /// Parses <c>scheme://host[:port]</c>, with or without a final slash. Returns null for anything else, including the
    /// text <c>null</c>, which browsers send for an opaque origin.
    /// </summary>
    public static WebOrigin? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { UserInfo: "", PathAndQuery: "/" or "", Fragment: "" } && ParseHost(uri) is { Length: > 0 } host
            ? new(uri.Scheme, host, uri.Port)
            : null;

    /// <summary>
    /// True if a request's <c>Host</c> names the host and port of this origin. The scheme is not compared: behind a
    /// proxy that terminates TLS, only the browser knows the scheme.
    /// </summary>
    public bool IsAt(string host) => Parse($"{Scheme}://{host}") is { } own && own.Host == Host && own.Port == Port;

    private static string? ParseHost(Uri uri)
    {
        try
        {
            return uri.IdnHost.ToLowerInvariant().TrimEnd('.');
        }
        catch (UriFormatException)
        {
            return null; // The host has no ASCII form.
        }
    }
}
