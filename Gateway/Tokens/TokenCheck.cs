using System.Globalization;
using System.Security.Claims;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tokens;

/// <summary>
/// Whether a token is good, and whose it is (JWT, RFC 7519; signed, RFC 7515). The library takes it apart and checks signature, issuer and audience;
/// here stand the rules that are ours: which key, which algorithm, the time by our clock, the user. What is refused is said in a sentence
/// that repeats nothing of the token.
/// </summary>
internal sealed class TokenCheck(IOptions<IdentityOptions> options, TokenKeys keys, TimeProvider time)
{
    /// <summary>The last second of the year 9999; what lies beyond is a mistake.</summary>
    private const double LastSecond = 253_402_300_799;

    private const string NoToken = "this is no token";

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = 4 * Bounds.TokenCharacters };
    private readonly CryptoProviderFactory _fresh = new() { CacheSignatureProviders = false };

    /// <summary>Reads a token.</summary>
    public IdentityResult Of(string token)
    {
        if (!keys.Any)
        {
            return IdentityResult.BadToken("this server takes no tokens");
        }

        if (token.Length > Bounds.TokenCharacters)
        {
            return IdentityResult.BadToken($"a token may have {Bounds.TokenCharacters} characters");
        }

        try
        {
            return Check(token);
        }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            // What strangers send makes the library's reader throw all kinds of exceptions; each means the same.
            return IdentityResult.BadToken(NoToken);
        }
    }

    private IdentityResult Check(string token)
    {
        var said = new JsonWebToken(token);
        var key = keys.Of(said.Kid);
        if (key is null)
        {
            return IdentityResult.BadToken(string.IsNullOrEmpty(said.Kid) ? "the token needs a kid: there are several keys" : "no key has the token's kid");
        }

        if (said.Alg != key.Algorithm.ToString())
        {
            return IdentityResult.BadToken("the token's alg is not that of its key");
        }

        if (said.TryGetHeaderValue<object>("crit", out _))
        {
            return IdentityResult.BadToken("the token's crit names what is not known here"); // RFC 7515 §4.1.11
        }

        var result = key.Lend(lent => _handler.ValidateToken(token, new()
        {
            IssuerSigningKeyResolver = (_, _, _, _) => [lent],
            CryptoProviderFactory = _fresh,
            ValidIssuer = options.Value.Issuer,
            ValidAudience = options.Value.Audience,
            ValidateLifetime = false, // Below, by our clock.
        }));
        return result.IsValid ? OfChecked(said) : IdentityResult.BadToken(result.Exception switch
        {
            SecurityTokenInvalidIssuerException => "the token is from another issuer",
            SecurityTokenInvalidAudienceException => "the token is for another audience",
            SecurityTokenInvalidSignatureException => "the token's signature is wrong", // And the library's word for a key that does not fit.
            _ => NoToken,
        });
    }

    /// <summary>What a token says whose signature, issuer and audience are good.</summary>
    private IdentityResult OfChecked(JsonWebToken token)
    {
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        var skew = options.Value.ClockSkewSeconds;
        if (!TrySeconds(token, "exp", out var exp) || !TrySeconds(token, "nbf", out var notBefore) || !TrySeconds(token, "iat", out var issuedAt))
        {
            return IdentityResult.BadToken("the token's exp, nbf and iat are seconds since 1970");
        }

        return exp switch
        {
            null => IdentityResult.BadToken("the token has no exp"),
            _ when issuedAt > now + skew => IdentityResult.BadToken("the token was issued in the future"),
            _ when notBefore > now + skew => IdentityResult.BadToken("the token is not valid yet"),
            _ when exp + skew <= now => IdentityResult.BadToken("the token's time is over", ErrorCode.TokenExpired),
            _ when UserOf(token) is { } user => new(user, false, null, (long)exp),
            _ => IdentityResult.BadToken($"the token's {options.Value.UserClaim}: {UserId.Rule}"),
        };
    }

    private string? UserOf(JsonWebToken token) =>
        token.TryGetClaim(options.Value.UserClaim, out var claim) && claim.ValueType == ClaimValueTypes.String && UserId.IsValid(claim.Value)
            ? claim.Value
            : null;

    /// <summary>A NumericDate (RFC 7519 §2), which may have a fraction; null where it is missing. False where it is none.</summary>
    private static bool TrySeconds(JsonWebToken token, string name, out double? seconds)
    {
        seconds = null;
        if (!token.TryGetClaim(name, out var claim))
        {
            return true;
        }

        if (claim.ValueType == ClaimValueTypes.String
            || !double.TryParse(claim.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || number is not (>= 0 and <= LastSecond))
        {
            return false;
        }

        seconds = number;
        return true;
    }
}
