using Microsoft.Extensions.Options;

namespace OrleansChat.Gateway;

/// <summary>Which web pages may open connections. Section <c>Origins</c>.</summary>
internal sealed class OriginOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Origins";

    /// <summary>Origins as browsers send them, such as <c>https://chat.example.org</c>; <c>*</c> allows every page. The own host is always allowed.</summary>
    public string[] Allowed { get; set; } = [];
}

/// <summary>Checks a request's Origin (RFC 6455 §10.2). Clients that are no browser send none, and pass.</summary>
internal sealed class Origins(IOptions<OriginOptions> options)
{
    /// <summary>Whether this request may be upgraded.</summary>
    public bool Allow(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase))
            || options.Value.Allowed.Contains("*")
            || options.Value.Allowed.Contains(origin, StringComparer.OrdinalIgnoreCase);
    }
}
