using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary><c>deploy/token.sh</c>, against what RFC 7515 and RFC 7519 say a token is.</summary>
public sealed class TokenScriptTests
{
    [Fact]
    public async Task Token_IsSignedByTheKey_ForWhatTheManifestsSay()
    {
        var token = (await Access.TokenAsync("ann")).Split('.');
        Assert.Equal(3, token.Length);
        var (header, claims) = (Read(token[0]), Read(token[1]));
        var gateway = Workload.Kubernetes.Single(workload => workload.Program == "Gateway").Variables;

        Assert.Equal(gateway["Identity__Keys__0__Algorithm"], (string?)header["alg"]);
        Assert.Equal(gateway["Identity__Keys__0__Id"], (string?)header["kid"]);
        Assert.Equal(gateway["Identity__Issuer"], (string?)claims["iss"]);
        Assert.Equal(gateway["Identity__Audience"], (string?)claims["aud"]);
        Assert.Equal("ann", (string?)claims["sub"]);
        Assert.InRange((long)claims["exp"]!, DateTimeOffset.UtcNow.AddMinutes(50).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddMinutes(70).ToUnixTimeSeconds());
        Assert.Equal(HMACSHA256.HashData(Convert.FromBase64String(StandIns.Key), Encoding.UTF8.GetBytes($"{token[0]}.{token[1]}")), Base64Url.DecodeFromChars(token[2]));
    }

    private static JsonNode Read(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!;
}
