using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway;

/// <summary>Who may say who they are. Section <c>Identity</c>.</summary>
internal sealed class IdentityOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Identity";

    /// <summary>How users are known.</summary>
    [EnumDataType(typeof(IdentityMode))] public IdentityMode Mode { get; set; } = IdentityMode.Tokens;
}

/// <summary>How users are known.</summary>
internal enum IdentityMode
{
    /// <summary>By a token. No token is taken yet, so there is no way in.</summary>
    Tokens,

    /// <summary>By what they say: <c>?user=ann</c>, and a guest's name in text mode where they say nothing. For development alone.</summary>
    Development,
}

/// <summary>Finds out who a request speaks for.</summary>
internal sealed class Identity(IOptions<IdentityOptions> options)
{
    /// <summary>Whether users are who they say they are.</summary>
    public bool IsDevelopment => options.Value.Mode == IdentityMode.Development;

    /// <summary>Reads the identity that an upgrade request carries.</summary>
    public IdentityResult Of(HttpRequest request, bool text)
    {
        var hasToken = request.Headers.ContainsKey("Authorization") || request.Query.ContainsKey("access_token")
            || Offered(request).Any(offered => offered.StartsWith(Subprotocols.BearerPrefix, StringComparison.Ordinal));
        if (hasToken)
        {
            return IdentityResult.Bad("this server takes no tokens yet");
        }

        var said = request.Query["user"].ToString();
        if (!IsDevelopment)
        {
            return text || said.Length > 0 ? IdentityResult.Bad("a token is needed; ?user= is for development") : IdentityResult.Unknown;
        }

        if (said.Length == 0)
        {
            return text ? IdentityResult.Guest() : IdentityResult.Unknown;
        }

        return UserId.IsValid(said)
            ? new(said, false, null)
            : IdentityResult.Bad("user: 1 to 64 characters, no white space, no controls, no @ and no :");
    }

    /// <summary>Reads the identity of a hello's token.</summary>
    public IdentityResult OfToken(string? token) => token is null
        ? IdentityResult.Bad(IsDevelopment ? "no identity: add ?user=NAME to the address" : "a token is needed")
        : IdentityResult.Bad("this server takes no tokens yet");

    /// <summary>The subprotocols that a request offers.</summary>
    public static IEnumerable<string> Offered(HttpRequest request) =>
        request.HttpContext.WebSockets.WebSocketRequestedProtocols;
}

/// <summary>Who a request speaks for.</summary>
/// <param name="User">The user, or null.</param>
/// <param name="IsGuest">True where the server chose the name.</param>
/// <param name="Refusal">Why the credential is refused; null where it is good or where there is none.</param>
internal sealed record IdentityResult(string? User, bool IsGuest, string? Refusal)
{
    /// <summary>No credential at all.</summary>
    public static readonly IdentityResult Unknown = new(null, false, null);

    /// <summary>A credential that is refused.</summary>
    public static IdentityResult Bad(string why) => new(null, false, why);

    /// <summary>A name nobody else has.</summary>
    public static IdentityResult Guest() => new($"guest-{Random.Shared.Next():x8}", true, null);
}
