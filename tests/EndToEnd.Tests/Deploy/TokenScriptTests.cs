using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// The tokens of <c>deploy/token.sh</c> must follow RFC 7515 and RFC 7519. Their issuer, audience and algorithm must be
/// those of the manifests.
/// </summary>
public sealed class TokenScriptTests
{
    [Fact]
    public async Task TokenScript_WhenItRuns_SignsWhatTheManifestsAccept()
    {
        var token = (await Access.TokenAsync("ann")).Split('.');
        Assert.Equal(3, token.Length);
        var (header, claims) = (Read(token[0]), Read(token[1]));
        var gateway = Workload.Kubernetes.Single(workload => workload.Program == "Gateway").Variables;

        Assert.Equal(gateway["Identity__Keys__0__Algorithm"], (string?)header["alg"]);
        Assert.Equal(StandIns.Value("orleanschat/identity-key-id"), (string?)header["kid"]);
        Assert.Equal(gateway["Identity__Issuer"], (string?)claims["iss"]);
        Assert.Equal(gateway["Identity__Audience"], (string?)claims["aud"]);
        Assert.Equal("ann", (string?)claims["sub"]);
        Assert.InRange((long)claims["exp"]!, DateTimeOffset.UtcNow.AddMinutes(50).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddMinutes(70).ToUnixTimeSeconds());
        using var key = RSA.Create();
        key.ImportFromPem(StandIns.Key.Public);
        Assert.True(key.VerifyData(
            Encoding.UTF8.GetBytes($"{token[0]}.{token[1]}"), Base64Url.DecodeFromChars(token[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static JsonNode Read(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!;
}
