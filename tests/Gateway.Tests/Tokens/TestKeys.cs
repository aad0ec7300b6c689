using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansChat.Gateway.Access;

namespace OrleansChat.Gateway.Tests.Tokens;

/// <summary>
/// An issuer of tokens for the tests, with one key for each algorithm. It implements RFC 7515 without a library, so it
/// can also make tokens that no library makes.
/// </summary>
internal sealed class TestKeys
{
    public const string Issuer = "https://issuer.example";
    public const string Audience = "chat";

    /// <summary>The keys for tests that do not need keys of their own.</summary>
    public static readonly TestKeys Shared = new();

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Options with all keys. The id of a key is <c>key-</c> followed by its algorithm.</summary>
    public IdentityOptions Options => new()
    {
        Mode = IdentityMode.Tokens,
        Issuer = Issuer,
        Audience = Audience,
        Keys =
        [
            new() { Id = "key-HS256", Algorithm = TokenAlgorithm.HS256, Secret = Secret },
            new() { Id = "key-RS256", Algorithm = TokenAlgorithm.RS256, PublicKey = RsaPem },
            new() { Id = "key-ES256", Algorithm = TokenAlgorithm.ES256, PublicKey = EcPem },
        ],
    };

    public string Secret => Convert.ToBase64String(_secret);

    public string RsaPem => _rsa.ExportSubjectPublicKeyInfoPem();

    public string EcPem => _ec.ExportSubjectPublicKeyInfoPem();

    /// <summary>Returns the claims of a valid token.</summary>
    public static JsonObject Claims(string user, DateTimeOffset now, int seconds = 300) => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = user,
        ["iat"] = now.ToUnixTimeSeconds(),
        ["nbf"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.ToUnixTimeSeconds() + seconds,
    };

    /// <summary>Returns a valid token.</summary>
    public string Token(string user, TimeProvider? time = null, int seconds = 300, string algorithm = "HS256") =>
        Sign(Claims(user, (time ?? TimeProvider.System).GetUtcNow(), seconds), algorithm);

    /// <summary>Returns a token with these claims, signed with the key of the algorithm.</summary>
    public string Sign(JsonNode claims, string algorithm = "HS256") => Sign(claims, algorithm, $"key-{algorithm}", algorithm);

    /// <summary>
    /// Returns a token whose header names the algorithm <paramref name="said"/>. <paramref name="signer"/> selects the
    /// key that signs the token. This can be the key of another algorithm.
    /// </summary>
    public string Sign(JsonNode claims, string said, string? kid, string signer, JsonObject? header = null)
    {
        header ??= [];
        header["alg"] = said;
        if (kid is not null)
        {
            header["kid"] = kid;
        }

        var signed = $"{Encode(header)}.{Encode(claims)}";
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature = signer switch
        {
            "HS256" => HMACSHA256.HashData(_secret, bytes),
            "RS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "ES256" => _ec.SignData(bytes, HashAlgorithmName.SHA256),
            "the public key as a secret" => HMACSHA256.HashData(Encoding.ASCII.GetBytes(RsaPem), bytes),
            "nobody" => [],
            _ => throw new ArgumentOutOfRangeException(nameof(signer), signer, null),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(JsonNode part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
