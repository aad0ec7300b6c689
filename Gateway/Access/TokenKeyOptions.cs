namespace OrleansChat.Gateway.Access;

/// <summary>A key whose signatures are accepted. Section <c>Identity:Keys</c>.</summary>
internal sealed class TokenKeyOptions
{
    /// <summary>
    /// The id of the key: the <c>kid</c> of the tokens signed with it. No two keys may have the same id.
    /// </summary>
    public string Id { get; set; } = "";

    /// <summary>The only algorithm for which the gateway accepts the key.</summary>
    public TokenAlgorithm? Algorithm { get; set; }

    /// <summary>For HS256: the shared secret in base64, 32 bytes or more.</summary>
    public string? Secret { get; set; }

    /// <summary>For HS256: a file with the shared secret in base64, instead of <see cref="Secret"/>.</summary>
    public string? SecretFile { get; set; }

    /// <summary>
    /// For RS256 and ES256: the public key in PEM. An RSA key must have 2048 bits or more; an ES256 key must be on the
    /// curve P-256.
    /// </summary>
    public string? PublicKey { get; set; }

    /// <summary>For RS256 and ES256: a file with the public key in PEM, instead of <see cref="PublicKey"/>.</summary>
    public string? PublicKeyFile { get; set; }
}

/// <summary>The signature algorithms that are accepted (RFC 7518 §3.1).</summary>
internal enum TokenAlgorithm
{
    /// <summary>HMAC with SHA-256. A process that can check such tokens can also create them.</summary>
    HS256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    RS256,

    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    ES256,
}
