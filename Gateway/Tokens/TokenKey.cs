using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace OrleansChat.Gateway.Tokens;

/// <summary>A key and the one algorithm that it is good for.</summary>
internal sealed class TokenKey
{
    private const int LeastSecretBytes = 32;
    private const int LeastRsaBits = 2048;
    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly byte[] _secret = [];
    private readonly RSAParameters _rsa;
    private readonly ECParameters _ec;

    /// <summary>Reads a key. Throws <see cref="FormatException"/>, which begins with the setting's name and says what is wrong.</summary>
    public TokenKey(TokenKeyOptions options)
    {
        Id = options.Id.Length > 0 ? options.Id : throw new FormatException("Id: a key needs a name, the kid of its tokens.");
        Algorithm = options.Algorithm is { } algorithm && Enum.IsDefined(algorithm)
            ? algorithm
            : throw new FormatException($"Algorithm: {string.Join(", ", Enum.GetNames<TokenAlgorithm>())}; a key is good for one of them.");
        var isShared = Algorithm == TokenAlgorithm.HS256;
        Refuse(isShared ? options.PublicKey : options.Secret, isShared ? "PublicKey" : "Secret");
        Refuse(isShared ? options.PublicKeyFile : options.SecretFile, isShared ? "PublicKeyFile" : "SecretFile");
        switch (Algorithm)
        {
            case TokenAlgorithm.HS256:
                _secret = SecretOf(Text("Secret", options.Secret, options.SecretFile));
                break;
            case TokenAlgorithm.RS256:
                _rsa = RsaOf(Text("PublicKey", options.PublicKey, options.PublicKeyFile));
                break;
            default:
                _ec = EcOf(Text("PublicKey", options.PublicKey, options.PublicKeyFile));
                break;
        }

        void Refuse(string? given, string name)
        {
            if (!string.IsNullOrEmpty(given))
            {
                throw new FormatException($"{name}: a key for {Algorithm} has none.");
            }
        }
    }

    /// <summary>Its name: the <c>kid</c> of its tokens.</summary>
    public string Id { get; }

    /// <summary>What it is good for, and nothing else is.</summary>
    public TokenAlgorithm Algorithm { get; }

    /// <summary>Lends the key in the library's form, a fresh one each time: nobody promises that what is inside can serve several callers at once.</summary>
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
        (null or "", _) => throw new FormatException($"{name}: the key is missing; give it here, or a file with it as {name}File."),
        _ => throw new FormatException($"{name}: give this or {name}File, and not both."),
    };

    private static string Read(string name, string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{name}File: {refused.Message}");
        }
    }

    private static byte[] SecretOf(string base64)
    {
        var secret = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, secret, out var length) && length >= LeastSecretBytes
            ? secret[..length]
            : throw new FormatException($"Secret: base64 of {LeastSecretBytes} bytes or more, as from openssl rand -base64 {LeastSecretBytes}.");
    }

    private static RSAParameters RsaOf(string pem)
    {
        using var rsa = RSA.Create();
        Import(rsa, pem, "PUBLIC KEY", "RSA PUBLIC KEY");
        return rsa.KeySize >= LeastRsaBits
            ? rsa.ExportParameters(includePrivateParameters: false)
            : throw new FormatException($"PublicKey: an RSA key of {LeastRsaBits} bits or more, not {rsa.KeySize}.");
    }

    private static ECParameters EcOf(string pem)
    {
        using var ec = ECDsa.Create();
        Import(ec, pem, "PUBLIC KEY");
        var parameters = ec.ExportParameters(includePrivateParameters: false);
        return parameters.Curve is { IsNamed: true, Oid.Value: P256 }
            ? parameters
            : throw new FormatException("PublicKey: a key on the curve P-256.");
    }

    /// <summary>Only public keys: whoever puts a private one here has given away the right to make tokens, and should know.</summary>
    private static void Import(AsymmetricAlgorithm key, string pem, params string[] labels)
    {
        if (!PemEncoding.TryFind(pem, out var found) || !labels.Contains(pem[found.Label]))
        {
            throw new FormatException("PublicKey: a public key in PEM, -----BEGIN PUBLIC KEY-----.");
        }

        try
        {
            key.ImportFromPem(pem.AsSpan()[found.Location]);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            throw new FormatException($"PublicKey: this is no key for the algorithm ({unreadable.Message})");
        }
    }
}
