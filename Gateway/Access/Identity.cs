using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Options;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Access;

/// <summary>Determines the user of a request from its token, or, in development mode, from <c>?user=</c>.</summary>
internal sealed class Identity(IOptions<IdentityOptions> options, TokenCheck check)
{
    private const string BearerScheme = "Bearer ";

    /// <summary>True in development mode, which accepts every valid user id from <c>?user=</c>.</summary>
    public bool IsDevelopment => options.Value.Mode == IdentityMode.Development;

    /// <summary>How long a connection may stay open after its token has expired.</summary>
    public TimeSpan Grace => options.Value.Grace;

    /// <summary>
    /// Determines the user of an upgrade request. If a JSON client sends no credential, the result is
    /// <see cref="IdentityResult.Unknown"/>: the client must then send a token in <c>hello</c>.
    /// </summary>
    public IdentityResult Identify(HttpRequest request, bool text)
    {
        if (request.Query["user"].Count > 1)
        {
            return IdentityResult.Bad("user: the address must contain this parameter only once");
        }

        var said = request.Query["user"].ToString();
        var tokens = Tokens(request).Take(2).ToArray();
        if (tokens.Length > 0)
        {
            // Two tokens are refused, because it is not clear which of them should name the user.
            var who = tokens is [var token] ? OfToken(token) : IdentityResult.BadToken("the request has several tokens; send only one");
            return who.User is null || said.Length == 0 || said == who.User ? who : IdentityResult.BadToken("the user of the token is not the user in ?user=");
        }

        if (!IsDevelopment)
        {
            return text || said.Length > 0 ? IdentityResult.Bad("a token is required; ?user= works only if Identity:Mode is Development") : IdentityResult.Unknown;
        }

        if (said.Length == 0)
        {
            return text ? IdentityResult.Guest() : IdentityResult.Unknown;
        }

        return UserId.IsValid(said)
            ? new(said, false, null)
            : IdentityResult.Bad($"user: {UserId.Rule}");
    }

    /// <summary>Checks a token. If the client sent no token (null), the result is a refusal.</summary>
    public IdentityResult OfToken(string? token) => token is null
        ? IdentityResult.Bad(IsDevelopment ? "no identity: add ?user=NAME to the address" : "a token is required")
        : check.Validate(token);

    public static IEnumerable<string> Offered(HttpRequest request) =>
        request.HttpContext.WebSockets.WebSocketRequestedProtocols;

    /// <summary>
    /// The tokens of a request: from <c>Authorization</c>, <c>?access_token=</c> and the offered subprotocols. A
    /// malformed credential becomes an empty token, which is always refused.
    /// </summary>
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

/// <summary>The result of checking a credential: a user, a refusal, or neither if there was no credential.</summary>
/// <param name="User">The user, or null.</param>
/// <param name="IsGuest">True if the server chose the user id.</param>
/// <param name="Refusal">Why the credential is refused; null if it is accepted or if there was none.</param>
/// <param name="Exp">When the token expires, in Unix seconds; null if there is no token.</param>
/// <param name="Code">The error code of the refusal.</param>
/// <param name="IsBadToken">True if the refused credential is a token.</param>
/// <param name="Rights">The rights that the token grants; null if it grants none.</param>
internal sealed record IdentityResult(
    string? User, bool IsGuest, string? Refusal, long? Exp = null, ChatErrorCode Code = ChatErrorCode.Unauthorized, bool IsBadToken = false,
    RightsClaim? Rights = null)
{
    /// <summary>No credential was sent.</summary>
    public static readonly IdentityResult Unknown = new(null, false, null);

    /// <summary>The error code and the refusal, for the body of a 401 response and for a close reason.</summary>
    public string Reason => $"{ErrorCodes.Word(Code)}: {Refusal ?? "no identity"}";

    public static IdentityResult Bad(string why) => new(null, false, why);

    public static IdentityResult BadToken(string why, ChatErrorCode code = ChatErrorCode.Unauthorized) => new(null, false, why, null, code, true);

    /// <summary>A new guest with a random id.</summary>
    public static IdentityResult Guest() => new($"{UserId.GuestPrefix}{Random.Shared.Next():x8}", true, null);
}
