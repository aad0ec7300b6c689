using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary><c>deploy/token.sh</c>, against what RFC 7515 and RFC 7519 say a token is.</summary>
public sealed class TokenScriptTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Token_IsSignedByTheKey_ForWhatTheManifestsSay()
    {
        var token = (await PrintedAsync("ann")).Trim().Split('.');
        Assert.Equal(3, token.Length);
        var (header, claims) = (Read(token[0]), Read(token[1]));
        var gateway = Workload.Kubernetes.Single(workload => workload.Program == "Gateway").Variables;

        Assert.Equal(gateway["Identity__Keys__0__Algorithm"], (string?)header["alg"]);
        Assert.Equal(gateway["Identity__Keys__0__Id"], (string?)header["kid"]);
        Assert.Equal(gateway["Identity__Issuer"], (string?)claims["iss"]);
        Assert.Equal(gateway["Identity__Audience"], (string?)claims["aud"]);
        Assert.Equal("ann", (string?)claims["sub"]);
        Assert.InRange((long)claims["exp"]!, DateTimeOffset.UtcNow.AddMinutes(50).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddMinutes(70).ToUnixTimeSeconds());
        Assert.Equal(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes($"{token[0]}.{token[1]}")), Base64Url.DecodeFromChars(token[2]));
    }

    private static JsonNode Read(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!;

    private static async Task<string> PrintedAsync(string user)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is a shell's.");
        var start = new ProcessStartInfo(Path.Combine(DeployTree.Root, "deploy", "token.sh"), [user]) { RedirectStandardOutput = true };
        start.Environment["IDENTITY_KEY_SECRET"] = Key;
        using var script = Process.Start(start)!;
        var printed = await script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, script.ExitCode);
        return printed;
    }
}
