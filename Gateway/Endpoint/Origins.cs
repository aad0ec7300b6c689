using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>Which web pages may open connections. Section <c>Origins</c>.</summary>
internal sealed class OriginOptions : IValidatableObject
{
    public const string Section = "Origins";

    /// <summary>The entry of <see cref="Allowed"/> that allows every page.</summary>
    internal const string Every = "*";

    /// <summary>
    /// Origins of web pages that may connect, such as <c>https://chat.example.org</c>; <c>*</c> allows every page.
    /// A page is always allowed if its host and port are those of the request's <c>Host</c> header. Other pages are
    /// answered with 403.
    /// </summary>
    public string[] Allowed { get; set; } = [];

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) => Allowed
        .Select((entry, at) => (entry, at))
        .Where(allowed => allowed.entry != Every && WebOrigin.Parse(allowed.entry) is null)
        .Select(allowed => new ValidationResult(
            $"'{allowed.entry}' is not an origin. Write scheme://host or scheme://host:port, such as https://chat.example.org, or * for every page.", [$"{nameof(Allowed)}:{allowed.at}"]));
}

/// <summary>
/// Checks a request's Origin (RFC 6455 §10.2). Clients other than browsers send no Origin, and are allowed.
/// </summary>
internal sealed partial class Origins(IOptions<OriginOptions> options, TimeProvider time, ILogger<Origins> logger)
{
    /// <summary>
    /// The answer to a refused request. The text is for the operator. The page's user can report it, but cannot change
    /// the proxy or the setting.
    /// </summary>
    internal const string Refusal =
        "the page's Origin does not match the request's Host. A proxy must forward the browser's Host; a page on another host must be listed in Origins:Allowed";

    private static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    private readonly bool _every = options.Value.Allowed.Contains(OriginOptions.Every);
    private readonly HashSet<WebOrigin> _allowed = [.. options.Value.Allowed.Select(WebOrigin.Parse).OfType<WebOrigin>()];
    private readonly Lock _gate = new();
    private long? _logged;
    private int _unlogged;

    /// <summary>
    /// True if the request's Origin is allowed. <c>X-Forwarded-Host</c> is not used, because any client can set it.
    /// </summary>
    public bool Allow(HttpRequest request)
    {
        var text = request.Headers.Origin.ToString();
        if (text.Length == 0 || _every)
        {
            return true;
        }

        var origin = WebOrigin.Parse(text);
        if (origin is not null && (origin.IsAt(request.Headers.Host.ToString()) || _allowed.Contains(origin)))
        {
            return true;
        }

        LogRefusal(origin, request.Headers.Host.ToString());
        return false;
    }

    /// <summary>
    /// Logs at most one refusal per minute, with the number of refusals that were not logged since the previous
    /// message. Hosts are logged in their ASCII form. A host that cannot be parsed is logged as <c>(unreadable)</c>.
    /// </summary>
    private void LogRefusal(WebOrigin? origin, string host)
    {
        int others;
        lock (_gate)
        {
            if (_logged is { } logged && time.GetElapsedTime(logged) < BetweenLines)
            {
                _unlogged++;
                return;
            }

            (_logged, others, _unlogged) = (time.GetTimestamp(), _unlogged, 0);
        }

        LogRefused(Name(origin), Name(WebOrigin.Parse($"http://{host}")), others);
    }

    private static string Name(WebOrigin? origin) => origin is null ? "(unreadable)" : $"{origin.Host}:{origin.Port}";

    [LoggerMessage(121, LogLevel.Warning,
        "A request from a page at {Origin} was refused: its Host header is {Host}. A proxy must forward the browser's Host; a page on another host must be listed in Origins:Allowed. {Others} other requests were refused since the previous message")]
    private partial void LogRefused(string origin, string host, int others);
}
