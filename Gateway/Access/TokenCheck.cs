using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Access;

/// <summary>
/// Validates a token (a JWT, RFC 7519, with a signature, RFC 7515) and reads its user and rights. The library parses
/// the token and checks signature, issuer and audience. This class chooses the key, and checks the algorithm, the user,
/// the rights and the times. It compares the times with this process's clock. The text of a refusal contains no part of
/// the token.
/// </summary>
internal sealed class TokenCheck(IOptions<IdentityOptions> options, TokenKeys keys, TimeProvider time)
{
    /// <summary>The last second of the year 9999. A later time is refused.</summary>
    private const double LastSecond = 253_402_300_799;

    private const string NoToken = "this is not a valid token";

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = 4 * Bounds.TokenCharacters };
    private readonly CryptoProviderFactory _fresh = new() { CacheSignatureProviders = false };

    public IdentityResult Validate(string token)
    {
        if (!keys.Any)
        {
            return IdentityResult.BadToken("this server does not accept tokens");
        }

        if (token.Length > Bounds.TokenCharacters)
        {
            return IdentityResult.BadToken($"a token may have up to {Bounds.TokenCharacters} characters");
        }

        try
        {
            return Check(token);
        }
        catch (Exception)
        {
            // The library's parser throws many types of exceptions for malformed input. All of them mean that the token
            // is invalid.
            return IdentityResult.BadToken(NoToken);
        }
    }

    private IdentityResult Check(string token)
    {
        var said = new JsonWebToken(token);
        var candidates = keys.Find(said.Kid, said.Alg);
        if (candidates.Length == 0)
        {
            return IdentityResult.BadToken(string.IsNullOrEmpty(said.Kid) ? "no key has the token's alg" : "no key has the token's kid");
        }

        if (said.Alg != candidates[0].Algorithm.ToString())
        {
            return IdentityResult.BadToken("the token's alg is not that of its key");
        }

        if (said.TryGetHeaderValue<object>("crit", out _))
        {
            return IdentityResult.BadToken("the token's crit names an unknown extension"); // RFC 7515 §4.1.11
        }

        var refusal = IdentityResult.BadToken(NoToken);
        foreach (var key in candidates)
        {
            // Keys are in memory and nothing is fetched, so the returned task has already completed.
            var result = key.Lend(lent => _handler.ValidateTokenAsync(token, new()
            {
                IssuerSigningKeyResolver = (_, _, _, _) => [lent],
                CryptoProviderFactory = _fresh,
                ValidIssuer = options.Value.Issuer,
                ValidAudience = options.Value.Audience,
                ValidateLifetime = false, // OfChecked checks the times.
            }).GetAwaiter().GetResult());
            if (result.IsValid)
            {
                return OfChecked(said);
            }

            refusal = IdentityResult.BadToken(result.Exception switch
            {
                SecurityTokenInvalidIssuerException => "the token is from another issuer",
                SecurityTokenInvalidAudienceException => "the token is for another audience",

                // The library also throws this if another key signed the token.
                SecurityTokenInvalidSignatureException => "the token's signature is wrong",
                _ => NoToken,
            });
            if (result.Exception is not SecurityTokenInvalidSignatureException)
            {
                // The signature matches this key, so the other keys need not be tried.
                break;
            }
        }

        return refusal;
    }

    /// <summary>Checks the times and the user of a token whose signature, issuer and audience are valid.</summary>
    private IdentityResult OfChecked(JsonWebToken token)
    {
        // Read the claims from the JSON text. The library would convert between numbers and strings, but the times must
        // be numbers and the user must be a string.
        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        var claims = payload.RootElement;
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        var skew = (long)options.Value.ClockSkew.TotalSeconds;
        if (!TrySeconds(claims, "exp", out var exp) || !TrySeconds(claims, "nbf", out var notBefore) || !TrySeconds(claims, "iat", out var issuedAt))
        {
            return IdentityResult.BadToken("the token's exp, nbf and iat must be seconds since 1970");
        }

        return exp switch
        {
            null => IdentityResult.BadToken("the token has no exp"),
            _ when issuedAt > now + skew => IdentityResult.BadToken("the token was issued in the future"),
            _ when notBefore > now + skew => IdentityResult.BadToken("the token is not valid yet"),
            _ when exp + skew <= now => IdentityResult.BadToken("the token has expired", ChatErrorCode.TokenExpired),
            _ when ReadUser(claims) is { } user => WithRights(new(user, false, null, (long)exp), claims),
            _ => IdentityResult.BadToken($"the token's {options.Value.UserClaim}: {UserId.Rule}"),
        };
    }

    /// <summary>Adds the rights that the token grants. If the claim with the rights is not valid, the token is refused.</summary>
    private IdentityResult WithRights(IdentityResult who, JsonElement claims)
    {
        if (string.IsNullOrEmpty(options.Value.RightsClaim) || !claims.TryGetProperty(options.Value.RightsClaim, out var claim))
        {
            return who;
        }

        return RightsClaim.Parse(claim, out var wrong) is { } rights
            ? who with { Rights = rights }
            : IdentityResult.BadToken($"the token's {options.Value.RightsClaim}: {wrong}");
    }

    private string? ReadUser(JsonElement claims) =>
        claims.TryGetProperty(options.Value.UserClaim, out var claim) && claim.ValueKind == JsonValueKind.String
            && claim.GetString() is { } user && UserId.IsValid(user)
            ? user
            : null;

    /// <summary>
    /// Reads a NumericDate (RFC 7519 §2), which may have a fraction. Sets <paramref name="seconds"/> to null if the
    /// claim is missing. Returns false if the claim is not a valid time.
    /// </summary>
    private static bool TrySeconds(JsonElement claims, string name, out double? seconds)
    {
        seconds = null;
        if (!claims.TryGetProperty(name, out var claim))
        {
            return true;
        }

        if (claim.ValueKind != JsonValueKind.Number || !claim.TryGetDouble(out var number) || number is not (>= 0 and <= LastSecond))
        {
            return false;
        }

        seconds = number;
        return true;
    }
}
