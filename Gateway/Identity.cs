using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Tokens;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway;

/// <summary>Finds out who a request speaks for.</summary>
internal sealed class Identity(IOptions<IdentityOptions> options, TokenCheck check)
{
    private const string BearerScheme = "Bearer ";

    /// <summary>Whether users are who they say they are.</summary>
    public bool IsDevelopment => options.Value.Mode == IdentityMode.Development;

    /// <summary>For which a connection may go on after its token's time.</summary>
    public TimeSpan Grace => TimeSpan.FromSeconds(options.Value.GraceSeconds);

    /// <summary>Reads the identity that an upgrade request carries.</summary>
    public IdentityResult Of(HttpRequest request, bool text)
    {
        if (request.Query["user"].Count > 1)
        {
            return IdentityResult.Bad("user: once");
        }

        var said = request.Query["user"].ToString();
        var tokens = Tokens(request).Take(2).ToArray();
        if (tokens.Length > 0)
        {
            // Which of two would count is nothing to guess about.
            var who = tokens is [var token] ? OfToken(token) : IdentityResult.BadToken("one token, in one place");
            return who.User is null || said.Length == 0 || said == who.User ? who : IdentityResult.BadToken("the token is not that of ?user=");
        }

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

    /// <summary>Reads a token; null is the lack of one.</summary>
    public IdentityResult OfToken(string? token) => token is null
        ? IdentityResult.Bad(IsDevelopment ? "no identity: add ?user=NAME to the address" : "a token is needed")
        : check.Of(token);

    /// <summary>The subprotocols that a request offers.</summary>
    public static IEnumerable<string> Offered(HttpRequest request) =>
        request.HttpContext.WebSockets.WebSocketRequestedProtocols;

    /// <summary>The tokens that a request carries, wherever; what is in a token's place and is none is the empty one, which nobody accepts.</summary>
    private static IEnumerable<string> Tokens(HttpRequest request)
    {
        foreach (var header in request.Headers.Authorization)
        {
            yield return header?.StartsWith(BearerScheme, StringComparison.OrdinalIgnoreCase) is true ? header[BearerScheme.Length..].Trim() : "";
        }

        foreach (var query in request.Query["access_token"])
        {
            yield return query ?? "";
        }

        foreach (var offered in Offered(request).Where(offered => offered.StartsWith(Subprotocols.BearerPrefix, StringComparison.Ordinal)))
        {
            var encoded = offered[Subprotocols.BearerPrefix.Length..];
            yield return Base64Url.IsValid(encoded) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(encoded)) : "";
        }
    }
}

/// <summary>Who a request speaks for.</summary>
/// <param name="User">The user, or null.</param>
/// <param name="IsGuest">True where the server chose the name.</param>
/// <param name="Refusal">Why the credential is refused; null where it is good or where there is none.</param>
/// <param name="Exp">When a good token's time is over, in Unix seconds; null without a token.</param>
/// <param name="Code">What the refusal is called on the wire.</param>
/// <param name="IsBadToken">True where what is refused is a token.</param>
internal sealed record IdentityResult(
    string? User, bool IsGuest, string? Refusal, long? Exp = null, ErrorCode Code = ErrorCode.Unauthorized, bool IsBadToken = false)
{
    /// <summary>No credential at all.</summary>
    public static readonly IdentityResult Unknown = new(null, false, null);

    /// <summary>The refusal with its name, as a connection ends with it.</summary>
    public string Reason => $"{ErrorCodes.Word(Code)}: {Refusal ?? "no identity"}";

    /// <summary>A credential that is refused.</summary>
    public static IdentityResult Bad(string why) => new(null, false, why);

    /// <summary>A token that is refused.</summary>
    public static IdentityResult BadToken(string why, ErrorCode code = ErrorCode.Unauthorized) => new(null, false, why, null, code, true);

    /// <summary>A name nobody else has.</summary>
    public static IdentityResult Guest() => new($"guest-{Random.Shared.Next():x8}", true, null);
}
