namespace OrleansChat.Gateway.Tokens;

/// <summary>A key that tokens are signed with. Section <c>Identity:Keys</c>.</summary>
internal sealed class TokenKeyOptions
{
    /// <summary>Its name: the <c>kid</c> of the tokens signed with it. No two keys share one.</summary>
    public string Id { get; set; } = "";

    /// <summary>The one algorithm that it is good for.</summary>
    public TokenAlgorithm? Algorithm { get; set; }

    /// <summary>HS256: the shared secret in base64, 32 bytes or more.</summary>
    public string? Secret { get; set; }

    /// <summary>HS256: a file with the same.</summary>
    public string? SecretFile { get; set; }

    /// <summary>RS256, ES256: the public key in PEM; RSA of 2048 bits or more, or P-256.</summary>
    public string? PublicKey { get; set; }

    /// <summary>RS256, ES256: a file with the same.</summary>
    public string? PublicKeyFile { get; set; }
}

/// <summary>What a token may be signed by (RFC 7518 §3.1).</summary>
internal enum TokenAlgorithm
{
    /// <summary>HMAC with SHA-256: who can check a token can make one.</summary>
    HS256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    RS256,

    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    ES256,
}
