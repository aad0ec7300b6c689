using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace OrleansChat.Gateway.Access;

/// <summary>A key that verifies the signatures of tokens, for one algorithm.</summary>
internal sealed class TokenKey
{
    private const int MinSecretBytes = 32;
    private const int MinRsaBits = 2048;
    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly byte[] _secret = [];
    private readonly RSAParameters _rsa;
    private readonly ECParameters _ec;

    /// <summary>
    /// Reads a key. If a setting is wrong, throws <see cref="FormatException"/> with a message that begins with the
    /// setting's name.
    /// </summary>
    public TokenKey(TokenKeyOptions options)
    {
        Id = options.Id.Length > 0 ? options.Id : throw new FormatException("Id: it is missing. Set it to the kid of the tokens that the key signs.");
        Algorithm = options.Algorithm is { } algorithm && Enum.IsDefined(algorithm)
            ? algorithm
            : throw new FormatException($"Algorithm: set it to one of {string.Join(", ", Enum.GetNames<TokenAlgorithm>())}.");
        var isShared = Algorithm == TokenAlgorithm.HS256;
        Refuse(isShared ? options.PublicKey : options.Secret, isShared ? "PublicKey" : "Secret");
        Refuse(isShared ? options.PublicKeyFile : options.SecretFile, isShared ? "PublicKeyFile" : "SecretFile");
        switch (Algorithm)
        {
            case TokenAlgorithm.HS256:
                _secret = ParseSecret(Text("Secret", options.Secret, options.SecretFile));
                break;
            case TokenAlgorithm.RS256:
                _rsa = ParseRsa(Text("PublicKey", options.PublicKey, options.PublicKeyFile));
                break;
            default:
                _ec = ParseEc(Text("PublicKey", options.PublicKey, options.PublicKeyFile));
                break;
        }

        void Refuse(string? given, string name)
        {
            if (!string.IsNullOrEmpty(given))
            {
                throw new FormatException($"{name}: remove it; a key for {Algorithm} does not use it.");
            }
        }
    }

    /// <summary>The <c>kid</c> of the tokens that this key signs.</summary>
    public string Id { get; }

    /// <summary>The only <c>alg</c> that this key accepts.</summary>
    public TokenAlgorithm Algorithm { get; }

    /// <summary>
    /// Creates an object of the token library from the key, and passes it to <paramref name="check"/>. Each call
    /// creates a new object, because the library does not promise that its key objects are thread-safe.
    /// </summary>
    public T Lend<T>(Func<SecurityKey, T> check)
    {
        switch (Algorithm)
        {
            case TokenAlgorithm.HS256:
                return check(new SymmetricSecurityKey(_secret) { KeyId = Id });
            case TokenAlgorithm.RS256:
                return check(new RsaSecurityKey(_rsa) { KeyId = Id });
            default:
                using (var ec = ECDsa.Create(_ec))
                {
                    return check(new ECDsaSecurityKey(ec) { KeyId = Id });
                }
        }
    }

    private static string Text(string name, string? text, string? file) => (text, file) switch
    {
        ({ Length: > 0 }, null or "") => text,
        (null or "", { Length: > 0 }) => Read(name, file),
        (null or "", _) => throw new FormatException($"{name}: the key is missing; set it here, or set {name}File to a file that contains it."),
        _ => throw new FormatException($"{name}: set either this or {name}File, not both."),
    };

    private static string Read(string name, string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{name}File: {exception.Message}");
        }
    }

    private static byte[] ParseSecret(string base64)
    {
        var secret = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, secret, out var length) && length >= MinSecretBytes
            ? secret[..length]
            : throw new FormatException($"Secret: must be base64 of {MinSecretBytes} bytes or more, for example from openssl rand -base64 {MinSecretBytes}.");
    }

    private static RSAParameters ParseRsa(string pem)
    {
        using var rsa = RSA.Create();
        Import(rsa, pem, "PUBLIC KEY", "RSA PUBLIC KEY");
        return rsa.KeySize >= MinRsaBits
            ? rsa.ExportParameters(includePrivateParameters: false)
            : throw new FormatException($"PublicKey: must be an RSA key of {MinRsaBits} bits or more, not {rsa.KeySize}.");
    }

    private static ECParameters ParseEc(string pem)
    {
        using var ec = ECDsa.Create();
        Import(ec, pem, "PUBLIC KEY");
        var parameters = ec.ExportParameters(includePrivateParameters: false);
        return parameters.Curve is { IsNamed: true, Oid.Value: P256 }
            ? parameters
            : throw new FormatException("PublicKey: must be a key on the curve P-256.");
    }

    /// <summary>
    /// Accepts public keys only. Anybody who can read a private key can create tokens, so an operator who configures a
    /// private key here must get an error.
    /// </summary>
    private static void Import(AsymmetricAlgorithm key, string pem, params string[] labels)
    {
        if (!PemEncoding.TryFind(pem, out var found) || !labels.Contains(pem[found.Label]))
        {
            throw new FormatException("PublicKey: must be a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----.");
        }

        try
        {
            key.ImportFromPem(pem.AsSpan()[found.Location]);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new FormatException($"PublicKey: this is not a key for the algorithm ({exception.Message})");
        }
    }
}
