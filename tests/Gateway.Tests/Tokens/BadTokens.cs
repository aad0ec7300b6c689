using System.Text.Json.Nodes;

namespace OrleansChat.Gateway.Tests.Tokens;

/// <summary>Tokens that the gateway must refuse. Each has a name, such as <c>expired</c>.</summary>
internal static class BadTokens
{
    /// <summary>The name of the token that is longer than the limit.</summary>
    public const string Oversized = "oversized";

    /// <summary>
    /// Maps the name of each bad token to a part of the message with which the gateway refuses the token.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> Sentences = new Dictionary<string, string>
    {
        ["foreign issuer"] = "another issuer",
        ["no issuer"] = "another issuer",
        ["foreign audience"] = "another audience",
        ["no audience"] = "another audience",
        ["expired"] = "has expired",
        ["not yet valid"] = "not valid yet",
        ["issued in the future"] = "issued in the future",
        ["unsigned"] = "alg is not that of its key",
        ["unsigned, without a kid"] = "no key has the token's alg",
        ["no signature"] = "signature is wrong",
        ["the RSA public key as an HMAC secret"] = "alg is not that of its key",
        ["HS256 with the kid of an RSA key, signed with a secret"] = "alg is not that of its key",
        ["another algorithm of the same family"] = "alg is not that of its key",
        ["unknown kid"] = "no key has the token's kid",
        ["no kid, and signed with another key"] = "signature is wrong",
        ["signed with another key"] = "signature is wrong",
        ["changed after it was signed"] = "signature is wrong",
        ["no exp"] = "no exp",
        ["exp that is a string"] = "seconds since 1970",
        ["exp that is too far in the future"] = "not a valid token",
        ["no sub"] = "sub: a user is",
        ["sub that is not a user id"] = "sub: a user is",
        ["sub that is a number"] = "sub: a user is",
        ["critical extension"] = "crit",
        ["garbage"] = "not a valid token",
        ["garbage in three parts"] = "not a valid token",
        ["encrypted"] = "not a valid token",
        ["empty"] = "not a valid token",
        [Oversized] = "8192 characters",
    };

    /// <summary>
    /// The tokens that JSON mode refuses without parsing them: the name of each token, and the error code of the
    /// refusal.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> NotRead = new Dictionary<string, string> { ["empty"] = "bad_request", [Oversized] = "too_large" };

    /// <summary>Makes the bad token with this name.</summary>
    public static string Make(string name, TestKeys keys, DateTimeOffset now)
    {
        var claims = TestKeys.Claims("ann", now);
        var seconds = now.ToUnixTimeSeconds();
        switch (name)
        {
            case "foreign issuer":
                return keys.Sign(With("iss", TestKeys.Issuer + "/"));
            case "no issuer":
                return keys.Sign(With("iss", null));
            case "foreign audience":
                return keys.Sign(With("aud", new JsonArray("mail", "files")));
            case "no audience":
                return keys.Sign(With("aud", null));
            case "expired":
                return keys.Sign(With("exp", seconds - 61));
            case "not yet valid":
                return keys.Sign(With("nbf", seconds + 90));
            case "issued in the future":
                return keys.Sign(With("iat", seconds + 90));
            case "unsigned":
                return keys.Sign(claims, "none", "key-HS256", "nobody");
            case "unsigned, without a kid":
                return keys.Sign(claims, "none", null, "nobody");
            case "no signature":
                return keys.Sign(claims, "HS256", "key-HS256", "nobody");
            case "the RSA public key as an HMAC secret":
                return keys.Sign(claims, "HS256", "key-RS256", "the public key as a secret");
            case "HS256 with the kid of an RSA key, signed with a secret":
                return keys.Sign(claims, "HS256", "key-RS256", "HS256");
            case "another algorithm of the same family":
                return keys.Sign(claims, "PS256", "key-RS256", "RS256");
            case "unknown kid":
                return keys.Sign(claims, "HS256", "key-of-nobody", "HS256");
            case "no kid, and signed with another key":
                return new TestKeys().Sign(claims, "HS256", null, "HS256");
            case "signed with another key":
                return new TestKeys().Sign(claims, "ES256");
            case "changed after it was signed":
                return keys.Sign(claims).Split('.') is [var header, _, var signature]
                    ? $"{header}.{keys.Sign(With("sub", "bob")).Split('.')[1]}.{signature}"
                    : throw new InvalidOperationException("a token has three parts");
            case "no exp":
                return keys.Sign(With("exp", null));
            case "exp that is a string":
                return keys.Sign(With("exp", $"{seconds + 100}"));
            case "exp that is too far in the future":
                return keys.Sign(With("exp", 1e300));
            case "no sub":
                return keys.Sign(With("sub", null));
            case "sub that is not a user id":
                return keys.Sign(With("sub", "ann @home"));
            case "sub that is a number":
                return keys.Sign(With("sub", 42));
            case "critical extension":
                return keys.Sign(claims, "HS256", "key-HS256", "HS256", new() { ["crit"] = new JsonArray("b64"), ["b64"] = true });
            case "garbage":
                return "garbage";
            case "garbage in three parts":
                return "not.a.token";
            case "encrypted":
                return keys.Sign(claims) + ".e30.e30";
            case "empty":
                return "";
            case Oversized:
                return keys.Sign(With("padding", new string('x', 8192)));
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, null);
        }

        JsonObject With(string claim, JsonNode? value)
        {
            if (value is null)
            {
                claims.Remove(claim);
            }
            else
            {
                claims[claim] = value;
            }

            return claims;
        }
    }
}
